"""`--repeat N`: each scenario runs N times, each time with other random choices, so that a flaky one cannot hide."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import pytest

from sim.picture.formatting import counts_text
from sim.report.verdicts import Verdict

PARAMETER = "repetition"
"""In a scenario's node id: `test_name[time 3]`."""


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Its node id has the number of the repetition, and a scenario's seed follows from its node id."""
    times: int = metafunc.config.getoption("--repeat")
    if times > 1 and "sim" in metafunc.fixturenames:
        metafunc.fixturenames.append(PARAMETER)
        metafunc.parametrize(PARAMETER, range(1, times + 1), ids=lambda number: f"time {number}")


@pytest.fixture
def repetition(request: pytest.FixtureRequest) -> int:
    """Which repetition of its scenario this is, from 1."""
    return int(getattr(request, "param", 1))


def repetition_of(item: pytest.Item) -> int:
    """From 1."""
    callspec = getattr(item, "callspec", None)
    return int(callspec.params.get(PARAMETER, 1)) if callspec else 1


def comparison(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """For each scenario that ran several times: how often it ended with which verdict and outcomes."""
    runs: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        runs[_without_repetition(verdict.name)].append(verdict)
    for scenario, repeated in runs.items():
        if len(repeated) == 1:
            continue
        ends = Counter((each.verdict, counts_text(each.outcomes)) for each in repeated)
        same = len(ends) == 1
        yield f"{scenario}: {len(repeated)} times, {'all alike' if same else 'NOT ALIKE'}"
        for (kind, outcomes), times in ends.most_common():
            yield f"  {times:>4} × {kind}, {outcomes or 'no memory'}"


def _without_repetition(name: str) -> str:
    """`test_a[time 3]` → `test_a`, and `test_a[x-time 3]` → `test_a[x]`."""
    scenario, bracket, parameters = name.partition("[")
    variant = re.sub(r"-?time \d+\]$", "", parameters)
    return scenario + (f"{bracket}{variant.removesuffix(']')}]" if variant else "")
