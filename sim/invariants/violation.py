"""The exception that a violated invariant raises."""


class InvariantViolated(AssertionError):
    """The text names the invariant and what was found instead."""
