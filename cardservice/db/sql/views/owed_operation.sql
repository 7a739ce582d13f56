-- What each operation makes a partner be owed, signed: debits that stand, what regularisations take
-- back, and what their reversals give again. The natures are those of the lines of a remittance.
CREATE OR REPLACE VIEW owed_operation AS
SELECT
    o.operation_id,
    o.operation_no,
    o.partner_id,
    o.wallet,
    o.business_day,
    worth.nature,
    worth.sign * o.amount_cents AS amount_cents
FROM operation o
JOIN (VALUES
    ('debit', 'debit', 1),
    ('regularisation', 'regularisation', -1),
    ('late_regularisation', 'regularisation', -1),
    ('regularisation_reversal', 'reversal', 1),
    ('late_regularisation_reversal', 'reversal', 1)
) AS worth (kind, nature, sign) ON worth.kind = o.kind
WHERE o.outcome = 'approved'
  AND NOT EXISTS (
      SELECT FROM operation c
      WHERE c.target_id = o.operation_id AND c.kind = 'cancellation' AND c.outcome = 'cancelled');
