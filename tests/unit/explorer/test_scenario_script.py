"""The scenario script uses names that the public scenario API has: a renamed method must not escape the explorer."""

import ast
import operator
from functools import reduce
from typing import get_type_hints

from sim import Memories, Simulation, faults
from sim.explorer.counterexample.scenario_script import CALL_FAULTS, OUTAGES, TriggeredFault, render_script
from sim.explorer.plan.plan import Action, ActionKind, Outage, Plan


def test_every_name_in_a_script_exists() -> None:
    actions = tuple(Action(number, 0, kind) for number, kind in enumerate(ActionKind))
    outages = tuple(Outage(port, kind, 0, 1) for port, kind in OUTAGES)
    triggered = {(f"actor {n}", site, 1): TriggeredFault(site, kind) for n, (site, kind) in enumerate(CALL_FAULTS)}

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
    owner: type = {"sim": Simulation, "memories": Memories}[root]
    for part in parts[:-1]:
        owner = get_type_hints(owner).get(part) or type(operator.attrgetter(part)(owner))
    return hasattr(owner, parts[-1]) or parts[-1] in get_type_hints(owner)
