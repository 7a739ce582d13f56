"""The clearing house: from accepted debits to the transfer on a partner's account.

It closes days, drafts, controls and pays fortnights, and writes the papers that prove it:
the bank file and each partner's remittance. It stands beside the office, above the ledger
room, and never serves HTTP. Reimbursement is 100 % of the debit, in integer cents: nothing
in this folder rounds, and nothing in it knows a youth's name.
"""
