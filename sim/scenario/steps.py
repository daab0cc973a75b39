"""Records when a scenario reaches its steps: the comments in its source that begin with Given, When, Then, And or But.

Python says which lines of the test function are executed (`sys.monitoring`), so neither scenarios nor the harness have
to say so. A step begins with the first line after its comment that is executed.
"""

import inspect
import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import Any, Protocol

STEP = re.compile(r"\s*# (Given|When|Then|And|But)\b,? ?(.*)")
COMMENT = re.compile(r"\s*#\s?(.*)")

TOOL_IDS = (3, 4)
"""Those that Python reserves for no kind of tool; debuggers, coverage and profilers have others."""
TOOL = "steps of scenarios"


@dataclass(frozen=True)
class Step:
    """`line` is that of the comment in its file."""

    line: int
    name: str
    text: str


def steps_in(lines: Sequence[str], first_line: int) -> list[Step]:
    """The steps in the source of a function. A comment may go on in the next lines."""
    steps: list[Step] = []
    for number, line in enumerate(lines):
        found = STEP.match(line)
        if found is None:
            continue
        words = [found[2].strip()]
        for next_line in lines[number + 1 :]:
            more = COMMENT.match(next_line)
            if more is None or STEP.match(next_line):
                break
            words.append(more[1].strip())
        steps.append(Step(first_line + number, found[1], " ".join(words).removesuffix(".")))
    return steps


class StepRecord(Protocol):
    """Where steps are written: a journal."""

    def write(self, kind: str, **fields: Any) -> None: ...


@contextmanager
def recorded_steps(function: Callable[..., Any], journal: StepRecord) -> Iterator[None]:
    """While the block lasts, each step that the function reaches is written into the journal, once."""
    function = inspect.unwrap(function)
    code: CodeType | None = getattr(function, "__code__", None)
    tool = next((each for each in TOOL_IDS if sys.monitoring.get_tool(each) is None), None)
    steps = _steps_of(function)
    if code is None or tool is None or not steps:
        yield
        return
    left = {step.line: step for step in steps}
    starts = [step.line for step in steps]

    def reached(_: CodeType, line: int) -> object:
        index = bisect_left(starts, line) - 1
        step = left.pop(starts[index], None) if index >= 0 else None
        if step is not None:
            journal.write("step", name=step.name, text=step.text, line=step.line)
        return sys.monitoring.DISABLE  # this line says nothing new

    sys.monitoring.use_tool_id(tool, TOOL)
    try:
        sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, reached)
        sys.monitoring.set_local_events(tool, code, sys.monitoring.events.LINE)
        sys.monitoring.restart_events()  # the same function may have run before, with other parameters
        yield
    finally:
        sys.monitoring.set_local_events(tool, code, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, None)
        sys.monitoring.free_tool_id(tool)


def _steps_of(function: Callable[..., Any]) -> list[Step]:
    try:
        return steps_in(*inspect.getsourcelines(function))
    except (OSError, TypeError):
        return []
