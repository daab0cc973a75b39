"""What an invariant says: how much it looked at, or by an exception what it found instead."""

from collections.abc import Mapping

type Numbers = Mapping[str, int]
"""What was looked at, in words → how many: a check that found nothing wrong says what it has seen."""


class InvariantViolated(AssertionError):
    """The text names the invariant and what was found instead."""


class InvariantNotKnown(Exception):
    """The record of the scenario does not say whether an invariant holds; the text says what is missing.

    The scenario's verdict is *inconclusive*.
    """
