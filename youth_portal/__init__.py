"""The youths' portal (`/jeune`): account, card, balances, notices; and the parents' pages.

The law: a counter like the others. It shows, asks and hands over; every decision is a verb of the
office. It says « tu », in sentences that a twelve-year-old reads. Adding a page is a template, a
module in `pages/` and a line in its list of routes.
"""
