"""The switches of faults: all families, options by their signatures, and what they make."""

import ast
import inspect
import math
from contextlib import contextmanager
from typing import Any

import pytest

from sim import faults
from sim.demo.errors import BadArguments, NotPossible
from sim.demo.switches import FAMILIES, SwitchBoard, find, is_momentary, switches

NEED_AN_OBJECT = {"storage.copy_held", "storage.copy_answer_held", "clients.unread_event_streams"}
"""They take a function, or the id of a memory."""

CONTRADICTIONS = {
    ("openai.bad_analysis", "endpoint", "transcription"),
    ("openai.bad_analysis", "endpoint", "models"),
    ("openai.refuses", "endpoint", "models"),
}
"""With the other options' defaults."""


def test_every_fault_of_every_family_has_a_switch() -> None:
    defined = {
        f"{family}.{name}"
        for family in FAMILIES
        for name, function in vars(getattr(faults, family)).items()
        if inspect.isfunction(function)
        and function.__module__ == f"sim.faults.{family}"
        and not name.startswith("_")
        and name not in ("the_bucket", "answering")
    }

    assert set(switches()) == defined - NEED_AN_OBJECT


@pytest.mark.parametrize("fault_id", list(switches()))
def test_every_switch_makes_its_fault_and_writes_it_as_python(fault_id: str) -> None:
    switch = switches()[fault_id]

    fault = switch.fault({})
    again = eval(switch.source({}), {"faults": faults})

    assert fault.family == switch.family
    assert fault.describe() == again.describe()
    assert switch.about


@pytest.mark.parametrize("fault_id", list(switches()))
def test_every_value_of_every_choice_is_possible(fault_id: str) -> None:
    switch = switches()[fault_id]
    for option in switch.options:
        for value in option.values:
            written = switch.source({option.name: value})
            ast.parse(written)
            if (fault_id, option.name, value) in CONTRADICTIONS:
                with pytest.raises(BadArguments):
                    switch.fault({option.name: value})
            else:
                made = switch.fault({option.name: value})
                assert made.describe() == eval(written, {"faults": faults}).describe()


@pytest.mark.parametrize(
    ("fault_id", "options", "description"),
    [
        ("openai.down", {"endpoint": "chat"}, "OpenAI answers 503 on chat completions"),
        ("openai.down", {"first": 2}, "OpenAI answers 503 (the first 2 calls)"),
        ("openai.down", {"first": None, "endpoint": ""}, "OpenAI answers 503"),
        ("storage.put_fails", {"status": 500, "first": 1}, "S3 answers 500 on uploads (the first call)"),
        ("worker.killed_before", {"step": "analysis"}, "the worker is killed right before it commits the analysis"),
        ("queue.delivered_late", {"duration": 30}, None),
    ],
)
def test_options_narrow_a_fault(fault_id: str, options: dict[str, Any], description: str | None) -> None:
    made = find(fault_id).fault(options).describe()

    assert description is None or made == description


@pytest.mark.parametrize(
    ("fault_id", "options"),
    [
        ("openai.down", {"endpoint": "moon"}),
        ("openai.down", {"first": "two"}),
        ("openai.down", {"first": 0}),
        ("openai.down", {"first": -1}),
        ("openai.down", {"first": True}),
        ("openai.down", {"unknown": 1}),
        ("openai.errors", {"status": 99}),
        ("openai.slow", {"seconds": math.nan}),
        ("openai.slow", {"seconds": math.inf}),
        ("openai.slow", {"seconds": [1]}),
        ("network.latency", {"duration": 0}),
        ("network.latency", {"duration": 3600}),
        ("queue.delivered_late", {"duration": 10_000}),
        ("database.conflict", {"commit": "unknown"}),
        ("clients.disconnected_mid_upload", {"after_bytes": 0}),
        ("worker.killed_during", {"step": {}}),
    ],
)
def test_impossible_options_are_refused_with_a_sentence(fault_id: str, options: dict[str, Any]) -> None:
    with pytest.raises(BadArguments) as refused:
        find(fault_id).fault(options)

    assert str(refused.value)


@pytest.mark.parametrize("fault_id", ["", "openai", "openai.unknown", "aws.answering", None, 3, ["openai.down"]])
def test_an_unknown_fault_is_refused(fault_id: Any) -> None:
    with pytest.raises(BadArguments, match="no fault"):
        find(fault_id)


class FakeInjected:
    times_triggered = 0


class FakeSimulation:
    """Injects faults that count."""

    def __init__(self) -> None:
        self.active: list[str] = []
        self.injected = FakeInjected()

    @contextmanager
    def fault(self, fault: Any, *, allow_untriggered: bool) -> Any:
        assert allow_untriggered
        self.active.append(fault.describe())
        try:
            yield self.injected
        finally:
            self.active.remove(fault.describe())


@pytest.fixture
def simulation() -> FakeSimulation:
    return FakeSimulation()


@pytest.fixture
def board(simulation: FakeSimulation) -> SwitchBoard:
    return SwitchBoard(simulation)  # type: ignore[arg-type]


def state_of(board: SwitchBoard, fault_id: str) -> dict[str, Any]:
    return next(each for each in board.as_json() if each["id"] == fault_id)


def test_a_fault_is_on_until_it_is_switched_off(board: SwitchBoard, simulation: FakeSimulation) -> None:
    board.on("openai.down", {})
    simulation.injected.times_triggered = 3
    board.count()
    assert (simulation.active, state_of(board, "openai.down")["times_triggered"]) == (["OpenAI answers 503"], 3)
    assert state_of(board, "openai.down")["active"]

    assert board.off("openai.down") == {"times_triggered": 3}

    assert simulation.active == []
    assert not state_of(board, "openai.down")["active"]
    assert state_of(board, "openai.down")["times_triggered"] == 3


def test_a_fault_is_not_switched_on_twice(board: SwitchBoard, simulation: FakeSimulation) -> None:
    board.on("openai.down", {})

    with pytest.raises(NotPossible, match="on already"):
        board.on("openai.down", {"endpoint": "chat"})

    assert simulation.active == ["OpenAI answers 503"]


def test_a_fault_that_is_off_cannot_be_switched_off(board: SwitchBoard) -> None:
    with pytest.raises(NotPossible, match="off already"):
        board.off("openai.down")


@pytest.mark.parametrize("fault_id", ["worker.killed", "database.restarted", "clients.wrong_key"])
def test_what_happens_once_is_over_at_once(board: SwitchBoard, simulation: FakeSimulation, fault_id: str) -> None:
    assert is_momentary(find(fault_id).fault({}))

    board.on(fault_id, {})
    board.on(fault_id, {})

    assert simulation.active == []
    assert board.active == []
    assert state_of(board, fault_id)["momentary"]


def test_what_waits_for_a_step_is_not_momentary(board: SwitchBoard, simulation: FakeSimulation) -> None:
    board.on("database.restarted", {"before": "transcript"})

    assert len(simulation.active) == 1


def test_all_are_off_in_the_end(board: SwitchBoard, simulation: FakeSimulation) -> None:
    for fault_id in ("openai.down", "storage.down", "queue.relay_off"):
        board.on(fault_id, {})

    board.all_off()

    assert simulation.active == []
