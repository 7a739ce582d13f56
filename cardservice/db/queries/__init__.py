"""Questions to the vault that several rooms ask, each function named for its question.

The law: a question changes nothing; order and limit are written; a row that a verb decides on is
locked by the question that fetches it.
"""
