-- Has anything changed for these holders? One row each: what their wallets, notices, cards and
-- questions look like now. Few index look-ups per holder, always: planned while `notice` is small, a
-- scan of it for each of 500 open pages would be kept and grow with every sale.
CREATE OR REPLACE FUNCTION live_marks(p_holders bigint[])
RETURNS TABLE (
    beneficiary_id bigint, moves bigint, newest_notice bigint, cards text, questions text
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
    SELECT h.id,
        (SELECT sum(w.seq) FROM wallet w WHERE w.beneficiary_id = h.id),
        (SELECT max(n.notice_id) FROM notice n WHERE n.beneficiary_id = h.id),
        (SELECT string_agg(
            concat_ws(' ', c.card_id, c.state, (
                SELECT string_agg(p.paused_by, ' ' ORDER BY p.paused_by)
                FROM card_pause p WHERE p.card_id = c.card_id)),
            ' ' ORDER BY c.card_id)
         FROM card c WHERE c.beneficiary_id = h.id AND c.replaced_by IS NULL),
        (SELECT string_agg(f.file_id || f.state, ' ' ORDER BY f.file_id)
         FROM regularisation_file f WHERE f.opened_by_holder = h.id)
    FROM unnest(p_holders) AS h (id);
END $$;
