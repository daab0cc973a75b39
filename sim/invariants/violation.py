"""The one way a invariant fails."""


class InvariantViolated(AssertionError):
    """The text says which promise, and what was found instead."""
