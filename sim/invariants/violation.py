"""The one way a standing check fails."""


class BrokenPromise(AssertionError):
    """The text says which promise, and what was found instead."""
