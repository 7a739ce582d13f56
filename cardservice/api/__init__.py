"""The counter where terminals stand: API v1, its problems, its contract, its health.

The law: a counter reads the request strictly, asks one verb of the office, and words the answer.
It decides nothing about money, cards or people.
"""
