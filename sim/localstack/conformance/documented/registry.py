"""How a module declares its checks: a claim, the address of AWS's documentation, and the call.

```python
SQS = Checks("SQS", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/")

SQS.refuses(
    "InvalidAttributeValue",
    "CreateQueue with MessageRetentionPeriod=59",
    "API_CreateQueue.html",
    lambda target: create(target, MessageRetentionPeriod="59"),
)

@SQS.check("A message becomes visible again after its timeout", "API_ReceiveMessage.html")
def visible_again(target: Target) -> None:
    ...
    expect("the receive count", seen, "2")
```

A check that our emulator fails for a reason is declared with `deviation=Deviation(ours, reason)`.
"""

import re
from collections.abc import Callable
from itertools import count

from botocore.exceptions import ClientError

from sim.localstack.conformance.check import Check, Deviation
from sim.localstack.conformance.target import NotConformant, Target


class Checks:
    """The checks of one service, in the order of their declaration. `docs` begins relative addresses of sources."""

    def __init__(self, service: str, docs: str) -> None:
        self.service = service
        self._docs = docs
        self.all: list[Check] = []

    def check(
        self, claim: str, source: str, *, deviation: Deviation | None = None, passes_time: bool = False
    ) -> Callable[[Callable[[Target], None]], Callable[[Target], None]]:
        """Declare the decorated function as a check. It raises NotConformant where the emulator differs."""

        def declare(try_on: Callable[[Target], None]) -> Callable[[Target], None]:
            self._add(claim, source, try_on, deviation, passes_time)
            return try_on

        return declare

    def refuses(
        self,
        code: str,
        what: str,
        source: str,
        call: Callable[[Target], object],
        *,
        deviation: Deviation | None = None,
        passes_time: bool = False,
    ) -> None:
        """Declare that AWS refuses a call with an error code."""

        def try_on(target: Target) -> None:
            expect_error(code, lambda: call(target))

        self._add(f"{what} is refused: {code}", source, try_on, deviation, passes_time)

    def accepts(
        self, what: str, source: str, call: Callable[[Target], object], *, deviation: Deviation | None = None
    ) -> None:
        """Declare that AWS accepts a call: a bound counts on both of its sides."""

        def try_on(target: Target) -> None:
            try:
                call(target)
            except ClientError as error:
                raise NotConformant(f"refused: {code_of(error)}") from error

        self._add(f"{what} is accepted", source, try_on, deviation, passes_time=False)

    def _add(
        self,
        claim: str,
        source: str,
        try_on: Callable[[Target], None],
        deviation: Deviation | None,
        passes_time: bool,
    ) -> None:
        address = source if source.startswith("https:") else self._docs + source
        name = self._new_name(claim)
        self.all.append(Check(name, claim, try_on, self.service, address, deviation, passes_time))

    def _new_name(self, claim: str) -> str:
        taken = {each.name for each in self.all}
        words = re.findall(r"[a-z0-9.]+", f"{self.service} {claim}".lower())
        plain = "-".join(words)[:80].rstrip("-.")
        return next(name for number in count(1) if (name := plain + (f"-{number}" if number > 1 else "")) not in taken)


def expect_error(code: str, call: Callable[[], object]) -> None:
    """The call must be refused with this error code of AWS. Raises NotConformant with what happened instead."""
    try:
        call()
    except ClientError as error:
        if code_of(error) != code:
            raise NotConformant(f"refused: {code_of(error)}") from error
    else:
        raise NotConformant("accepted")


def expect(what: str, seen: object, expected: object) -> None:
    """Raises NotConformant where they differ."""
    if seen != expected:
        raise NotConformant(f"{what} is {seen!r}, not {expected!r}")


def code_of(error: ClientError) -> str:
    """AWS's name of the error: without the prefix that SQS's older protocol adds."""
    return str(error.response["Error"]["Code"]).removeprefix("AWS.SimpleQueueService.")
