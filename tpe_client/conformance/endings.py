"""How a check ends other than by passing: the server is broken, or the check cannot be run here."""

from __future__ import annotations


class Broken(Exception):
    """The server does not keep the rule: what was expected, what came."""


class NotRun(Exception):
    """The check needs something that this run does not have: why."""
