-- The two legs of every operation that moved money: one row leaves an account, one enters another.
-- The sum of amount_cents over any set of whole operations is zero.
CREATE OR REPLACE VIEW ledger_entry AS
SELECT
    o.operation_id,
    o.operation_no,
    o.kind,
    leg.account,
    CASE WHEN leg.account IN ('department_fund', 'beneficiary_wallet', 'lapsed')
         THEN o.school_year END AS school_year,
    CASE WHEN leg.account = 'beneficiary_wallet' THEN o.beneficiary_id END AS beneficiary_id,
    CASE WHEN leg.account = 'partner_payable' THEN o.partner_id END AS partner_id,
    CASE WHEN leg.account NOT IN ('in_transit', 'paid') THEN o.wallet END AS wallet,
    leg.sign * o.amount_cents AS amount_cents,
    o.accepted_at,
    o.business_day
FROM operation o
JOIN (VALUES
    ('grant', 'department_fund', -1), ('grant', 'beneficiary_wallet', 1),
    ('debit', 'beneficiary_wallet', -1), ('debit', 'partner_payable', 1),
    ('cancellation', 'partner_payable', -1), ('cancellation', 'beneficiary_wallet', 1),
    ('regularisation', 'partner_payable', -1), ('regularisation', 'beneficiary_wallet', 1),
    ('lapse', 'beneficiary_wallet', -1), ('lapse', 'lapsed', 1),
    ('reimbursement', 'partner_payable', -1), ('reimbursement', 'in_transit', 1),
    ('payment_confirmed', 'in_transit', -1), ('payment_confirmed', 'paid', 1),
    ('transfer_return', 'in_transit', -1), ('transfer_return', 'partner_payable', 1),
    ('late_regularisation', 'partner_payable', -1), ('late_regularisation', 'lapsed', 1),
    ('regularisation_reversal', 'beneficiary_wallet', -1),
    ('regularisation_reversal', 'partner_payable', 1),
    ('late_regularisation_reversal', 'lapsed', -1),
    ('late_regularisation_reversal', 'partner_payable', 1),
    ('paid_transfer_return', 'paid', -1), ('paid_transfer_return', 'partner_payable', 1)
) AS leg (kind, account, sign) ON leg.kind = o.kind
WHERE o.outcome <> 'declined' AND o.amount_cents IS NOT NULL;
