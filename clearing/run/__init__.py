"""The reimbursement run, step by step: draft, submit, approve, export.

The law: each step is one transaction that can be run again and then does nothing; what was
submitted is frozen; whoever submitted does not approve.
"""
