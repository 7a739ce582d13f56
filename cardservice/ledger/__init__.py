"""The ledger room: the pen that books operations, and what reads and proves them.

The law: money moves through the SQL functions of the vault and through nothing else; here stand
their Python names, and the identities that make a second call book nothing.
"""
