"""CJeune: the youth benefit card of the département, from the till to the bank.

The packages are floors of one building (ARCHITECTURE.md): each may use the floors
below it, never those above. The rulebook, `cardservice.domain`, uses none.
"""
