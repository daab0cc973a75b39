"""What a check is: a claim about AWS, and a function that tries it on an emulator."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from sim.localstack.conformance.target import NotConformant, Target

FAILURES = (NotConformant, ClientError, BotoCoreError, TimeoutError)
"""What a check raises when the emulator fails it."""


@dataclass(frozen=True)
class Deviation:
    """A check that our emulator is known to fail: what it does instead, and why that stays.

    `ours` must occur in the text of the failure, so the deviation is pinned: another failure is none that we know.
    """

    ours: str
    reason: str


@dataclass(frozen=True)
class Check:
    """One check: its name, what an emulator that passes it does, and the function that tries it.

    `service` and `source`, the address of AWS's documentation, are those of a check of documented behaviour.
    """

    name: str
    claim: str
    try_on: Callable[[Target], None]
    service: str = ""
    source: str = ""
    deviation: Deviation | None = None
    passes_time: bool = False
    """It lets time pass, for the whole emulator: nothing else may run beside it."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one check. `failure` is what differed, on one line without a final dot; None: it passed."""

    check: Check
    failure: str | None = None

    @property
    def is_known_deviation(self) -> bool:
        """Whether it failed in the way that is declared."""
        declared = self.check.deviation
        return self.failure is not None and declared is not None and declared.ours in self.failure

    @property
    def is_as_declared(self) -> bool:
        """Whether it passed, or failed as declared. A declared deviation that is gone is not as declared."""
        return self.is_known_deviation or (self.failure is None and self.check.deviation is None)


def try_check(check: Check, target: Target) -> CheckResult:
    """Run one check; what fails it becomes its result."""
    try:
        check.try_on(target)
    except FAILURES as error:
        return CheckResult(check, " ".join(str(error).split()).rstrip("."))
    return CheckResult(check)
