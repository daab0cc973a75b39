"""The exceptions of invariants."""


class InvariantViolated(AssertionError):
    """The text names the invariant and what was found instead."""


class InvariantNotKnown(Exception):
    """The record of the scenario does not say whether an invariant holds; the text says what is missing.

    The scenario's verdict is *inconclusive*.
    """
