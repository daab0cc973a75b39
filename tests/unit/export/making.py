"""Stories as text, faults of every function, and the places that tests export for."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from textwrap import dedent, indent
from typing import Any

from sim import faults, minutes
from sim.export.expressions import MadeFault
from sim.export.place import Place, place_by_name
from sim.export.reading import Variant, variants
from sim.export.shapes import SHAPES

WORDS = {"ActiveFault", "Fault", "aws"}
"""Of `sim.faults.__all__`: no families. Of `aws` there are only the words that storage and queue are made of."""

GIVEN: dict[str, Any] = {
    **{"duration": minutes(2), "seconds": 30, "commit": "claim", "role": "worker", "action": "s3:GetObject"},
    **{"network.latency.duration": 5, "api.step": "store", "worker.step": "claim"},
    **{"worker.killed_during.step": "analysis", "worker.deployed_during.step": "transcription"},
}
"""What functions that need something are called with, by parameter."""


def every_key() -> Iterator[str]:
    """Each function of each family that makes a fault, `queue.throttled`."""
    for family in sorted(set(faults.__all__) - WORDS):
        module = importlib.import_module(f"sim.faults.{family}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{family}.{name}"


def fault_of(key: str) -> Any:
    """One fault that the function makes, with what it must be given and nothing else."""
    family, _, name = key.partition(".")
    function = getattr(importlib.import_module(f"sim.faults.{family}"), name)
    needed = [each.name for each in inspect.signature(function).parameters.values() if each.default is each.empty]
    return function(**{each: _given(key, family, each) for each in needed})


def _given(key: str, family: str, parameter: str) -> Any:
    places = (f"{key}.{parameter}", f"{family}.{parameter}", parameter)
    return next(GIVEN[place] for place in places if place in GIVEN)


def made(key: str) -> MadeFault:
    return MadeFault(key, fault_of(key))


def place(topology: str = "ecs", **known: Any) -> Place:
    return place_by_name("rawk", topology, **known)


EVERYWHERE = [place(topology, vpc_endpoints=ends) for topology in SHAPES for ends in (False, True)]


def read(body: str, *, above: str = "", at: Place | None = None) -> list[Variant]:
    """The variants of a story with this body; `above` stands before it, decorators and names."""
    head = "import pytest\nfrom sim import faults, hours, minutes, seconds\n"
    module = ast.parse(f"{head}{dedent(above)}\ndef test_it(sim, **given):\n{indent(dedent(body), '    ')}\n")
    (function,) = [each for each in module.body if isinstance(each, ast.FunctionDef) and each.name == "test_it"]
    return variants(module, function, at or place())
