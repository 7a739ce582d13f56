-- Every transfer that the bank has sent back: owed again, presented again once. `let_go_by` says why
-- the reason is gone (the whole file was refused, a person has released it, another account of the
-- partner has been verified), NULL while it is not.
CREATE OR REPLACE VIEW failed_transfer AS
SELECT
    m.remittance_id,
    m.run_id,
    m.partner_id,
    m.number_year,
    m.number,
    m.presentation,
    m.transfer_cents,
    m.iban,
    a.reason_code,
    a.happened_on,
    a.answered_at,
    a.bank_message_id,
    CASE
        WHEN a.with_file THEN 'file'
        WHEN EXISTS (SELECT FROM transfer_release l WHERE l.remittance_id = m.remittance_id)
            THEN 'release'
        WHEN EXISTS (SELECT FROM bank_account b
                     WHERE b.partner_id = m.partner_id AND b.state = 'verified'
                       AND b.usable_from <= ledger_now() AND b.iban <> m.iban)
            THEN 'account'
    END AS let_go_by,
    again.into_remittance_id
FROM transfer_answer a
JOIN remittance m USING (remittance_id)
LEFT JOIN remittance_re_presentation again ON again.from_remittance_id = m.remittance_id
WHERE a.outcome = 'failed';
