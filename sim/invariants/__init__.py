"""The invariants: what must be true after every scenario, whatever it tests.

Each is a function of the simulation that raises InvariantViolated with what it found. The plugin checks `ALL` of them
after every scenario; a scenario may also call one by name.
"""

from sim.invariants.catalogue import (
    at_rest,
    no_secret_in_a_log,
    no_transcript_erased,
    no_unexpected_denial,
    nothing_lost,
    status_never_went_back,
    tenants_see_only_their_own,
)
from sim.invariants.deletion import deleted_means_gone
from sim.invariants.every_moment import conservation
from sim.invariants.payments import no_transcription_paid_twice
from sim.invariants.unexpected import no_unexpected_answer, no_unexpected_failure, no_unexpected_function_error
from sim.invariants.violation import InvariantNotKnown, InvariantViolated

ALL = (
    conservation,
    nothing_lost,
    no_transcription_paid_twice,
    no_transcript_erased,
    status_never_went_back,
    tenants_see_only_their_own,
    no_secret_in_a_log,
    deleted_means_gone,
    no_unexpected_denial,
    no_unexpected_function_error,
    no_unexpected_answer,
    no_unexpected_failure,
    at_rest,
)

__all__ = [
    "ALL",
    "InvariantNotKnown",
    "InvariantViolated",
    "at_rest",
    "deleted_means_gone",
    "conservation",
    "no_secret_in_a_log",
    "no_transcript_erased",
    "no_transcription_paid_twice",
    "no_unexpected_answer",
    "no_unexpected_denial",
    "no_unexpected_failure",
    "no_unexpected_function_error",
    "nothing_lost",
    "status_never_went_back",
    "tenants_see_only_their_own",
]
