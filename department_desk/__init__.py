"""The desk of the Département (`/departement`): runs, bank, regularisations, accounts, budgets.

The law: a counter like the partners' portal. It shows, asks and hands over; every decision is a
verb of the office or of the clearing house, which refuse on their own. Adding a page is a template,
a module in `pages/` and a line in its list of routes.
"""
