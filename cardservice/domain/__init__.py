"""The rulebook: what the scheme's rules say, with nobody to ask and nothing to wait for.

Law: pure functions of their arguments. Nothing here reads a clock, a file, a setting or
a database, and nothing imports another package of the product; so every rule can be
tested by a sentence, and every floor above may rely on it.
"""
