"""The scenario script uses names that the public scenario API has: a renamed method must not escape the explorer."""

import ast
import operator
from functools import reduce
from typing import get_type_hints

import httpx
import pytest

from sim import Memories, Simulation, faults, recordings
from sim.explorer.counterexample.scenario_faults import CALL_FAULTS, OPENAI_FAULTS, OUTAGES, TriggeredFault, translated
from sim.explorer.counterexample.scenario_script import obstacles, render_script
from sim.explorer.counterexample.shrinking import Counterexample
from sim.explorer.invariants.names import PAID_ONCE, Violation
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.plan import Action, ActionKind, CallFault, Decisions, Outage, Plan


def test_every_name_in_a_script_exists() -> None:
    actions = tuple(Action(number, 0, kind) for number, kind in enumerate(ActionKind))
    outages = tuple(Outage(port, kind, 0, 1) for port, kind in OUTAGES)
    triggered = {
        (f"{role} on A, receive 1", site, 1): TriggeredFault(site, kind)
        for role, site, kind in [*CALL_FAULTS, *(("worker", site, kind) for site, kind in OPENAI_FAULTS)]
    }

    # One block inside the other for each fault is more than the parser takes, so the names are read line by line.
    lines = render_script(Plan(actions, outages=outages), triggered, "test_all", ["All."]).splitlines()
    names = {name for line in lines for name in names_in(line.strip())}

    assert len(names) > 30
    assert sorted(name for name in names if not exists(name)) == []


def names_in(line: str) -> set[str]:
    """Every dotted name of the line that begins with `sim`, `faults` or `memories[…]`, such as `sim.api.record`."""
    if not line.startswith(("sim.", "with sim.", "memories[")):
        return set()
    nodes = ast.walk(ast.parse(line + " pass" if line.endswith(":") else line))
    dotted = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    return {name.replace("memories[0]", "memories") for name in dotted if "(" not in name}


def exists(name: str) -> bool:
    root, *parts = name.split(".")
    if root == "faults":
        return hasattr(reduce(getattr, parts[:-1], faults), parts[-1])
    if root.startswith("answers"):
        return hasattr(httpx.Response, parts[0])
    if root == "recordings":
        return hasattr(recordings, parts[0])
    owner: type = {"sim": Simulation, "memories": Memories}[root]
    for part in parts[:-1]:
        owner = get_type_hints(owner).get(part) or type(operator.attrgetter(part)(owner))
    return hasattr(owner, parts[-1]) or parts[-1] in get_type_hints(owner)


def test_a_counterexample_that_no_scenario_can_follow_says_what_it_needs() -> None:
    plan = Plan((Action(0, 0, ActionKind.RECORD), Action(1, 0, ActionKind.DEPLOY)), skews_ms=(0, 9, 0))
    decisions: Decisions = {
        ("worker on A, receive 1", "memories.claim", 1): CallFault(FaultKind.FROZEN, 5_000),
        ("client 1", "s3.put_object", 1): 9_000,
    }

    assert obstacles(Counterexample(1, plan, decisions, Violation(PAID_ONCE, "A is paid twice"))) == [
        "worker on A, receive 1, memories.claim, call 1: frozen after",
        "client 1, s3.put_object, call 1: it takes 9.0 s",
        "a deployment of the API at that moment",
        "clocks of processes that differ",
    ]


@pytest.mark.parametrize(
    ("calls", "possible"),
    [
        ([(1, 1)], True),
        ([(1, 1), (1, 2), (2, 1)], True),
        ([(1, 2)], False),
        ([(2, 1)], False),
        ([(1, 1), (3, 1)], False),
    ],
)
def test_a_fault_is_possible_at_the_first_calls_of_its_kind_only(calls: list[tuple[int, int]], possible: bool) -> None:
    site = "openai.transcribe"
    triggered = {
        (f"worker on A, receive {receive}", site, number): TriggeredFault(site, FaultKind.ERROR)
        for receive, number in calls
    }

    translation, cannot = translated((), triggered, recordings=1)

    assert (cannot == []) is possible
    assert translation == (
        [f'faults.openai.errors(500, endpoint="transcription").first({len(calls)})'] if possible else []
    )
    assert translated((), triggered, recordings=2)[0] == []
