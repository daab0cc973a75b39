"""Rules of the Chaos API: which AWS calls they match, and what they do.

As published (https://docs.localstack.cloud/aws/capabilities/chaos-engineering/chaos-api/): a list of `{service, region,
operation, probability, error: {statusCode, code}}`. Every field is optional; the first rule that is triggered decides.
Additions of this extension, all optional:

- `id`: a name to count and to remove the rule by; without one the API chooses an id.
- `operations`: several operations that share one count, instead of `operation`.
- `resource`: a part of the name of the bucket, key, queue, function or secret that the call is about, or several parts;
  with a `$` behind it, the end of the name.
- `callers`: whose calls match, of `client`, `function` (both over HTTP), `http` (either; the default), `mapping` (SQS
  event source mappings, which call without HTTP). `[]` matches all callers.
- `window`: `{"after": seconds, "for": seconds}` since the rule was added, in virtual time.
- `nth`, `first`: only the n-th matching call, only the first n matching calls.
- `seed`: the probability depends on nothing but the seed and the number of the call.
- `effect`: `error` (the default); `reset`: the connection is reset and the call has no effect; `lost_answer`: the call
  takes effect, then the caller gets the `error`, or a reset where none is given; `slow`: only `latency_ms`; `count`: no
  effect, and later rules are considered too; `hold`, `hold_answer`: the call waits, before or after it takes effect,
  until the rule is removed, and then goes on, or with `"then": "reset"` is reset; `other_content`: the call takes
  effect, and its answer has other content of the same length; `hang`: the call gets no answer, in
  real time, and has no effect; once its rule is removed or its client has left, the connection is reset; `answer`: the
  status is 200, and `answer` says what the body is (answers.py): `empty`, `html`, `other_json`, `error_body`,
  `truncated`, all instead of the effect, or `partial`, the service's own answer without its identifiers.
- `latency_ms`: a delay before the call, with any effect, in virtual time.

This module does not depend on LocalStack.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..fault_rules.engine import ActiveRule, RuleSet, Selection

DEFAULT_STATUS_CODE = 503
DEFAULT_CODE = "ServiceUnavailable"


@dataclass(frozen=True)
class Call:
    """One AWS call, as far as rules consider it. `resources` are the names that it is about."""

    service: str
    operation: str
    region: str
    caller: str
    resources: tuple[str, ...] = ()

    def random_key(self, number: int) -> str:
        """A seeded probability depends on the number of the call alone."""
        return str(number)


@dataclass(frozen=True)
class Refusal:
    """The error that a caller gets."""

    status_code: int = DEFAULT_STATUS_CODE
    code: str = DEFAULT_CODE


@dataclass(frozen=True)
class ChaosRule:
    """A rule, read and checked; `given` is its JSON as it was sent."""

    given: Mapping[str, Any] = field(repr=False)
    id: str
    service: str | None
    region: str | None
    operations: frozenset[str]
    resources: tuple[str, ...]
    callers: frozenset[str]
    selection: Selection
    effect: str
    refusal: Refusal | None
    answer: str | None
    then_reset: bool
    latency_seconds: float

    @property
    def only_counts(self) -> bool:
        """Whether later rules are considered too."""
        return self.effect == "count"

    def matches(self, call: Call) -> bool:
        """Whether service, region, operation, caller and resources match."""
        return (
            self.service in (None, call.service)
            and self.region in (None, call.region)
            and (not self.operations or call.operation in self.operations)
            and call.caller in self.callers
            and all(any(_is_part_of(part, name) for name in call.resources) for part in self.resources)
        )


ActiveChaosRule = ActiveRule[ChaosRule]


class ChaosRules(RuleSet[Call, ChaosRule]):
    """The rules in effect, and the latency of every call in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.latency_ms = 0.0

    def given(self) -> list[Mapping[str, Any]]:
        """The rules as they were sent, in order."""
        return [active.rule.given for active in self.active()]


def as_json(active: ActiveChaosRule) -> dict[str, Any]:
    """A rule with its counts."""
    return {
        "id": active.rule.id,
        "rule": active.rule.given,
        "calls": active.calls,
        "times_triggered": active.times_triggered,
    }


def _is_part_of(part: str, name: str) -> bool:
    return name.endswith(part[:-1]) if part.endswith("$") else part in name
