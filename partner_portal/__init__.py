"""The partner portal (`/partenaire`): till, transactions, delegates, terminals, reimbursements.

The law: a counter like the API's. It shows, asks and hands over; every decision is a verb of the
office. Adding a page is a template, a module in `pages/` and a line in its list of routes.
"""
