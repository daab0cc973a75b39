"""How a lesson is given: step by step or by itself, with waits that end, and a verdict."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from sim.demo.errors import NotPossible
from sim.demo.feed.tally import Tally
from sim.demo.lessons.files import Lesson, Step
from sim.demo.lessons.runner import LONGEST_REAL_WAIT_SECONDS, LessonRunner


class FakePacing:
    def __init__(self) -> None:
        self.now = 0.0
        self.rate: float = 1
        self.jump: float | None = None
        self.rates: list[float] = []

    def set_rate(self, rate: float) -> None:
        self.rate = rate
        self.rates.append(rate)

    def skip(self, seconds: float) -> None:
        self.jump = self.now + seconds

    def advance(self, seconds: float) -> None:
        self.now += seconds * (600 if self.jump else self.rate)
        if self.jump is not None and self.now >= self.jump:
            self.jump = None


class FakeStage:
    """A run whose recordings the test moves, and a clock."""

    def __init__(self) -> None:
        self.real = 0.0
        self.pacing = FakePacing()
        self.tally = Tally()
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.announced: list[str] = []
        self.results = [{"verdict": "passed", "text": "holds"}]
        self.fails = False
        self.run: Any = SimpleNamespace(pacing=self.pacing, tally=self.tally)

    def start_action(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], Any]:
        def act() -> None:
            if self.fails:
                raise NotPossible("the API is dead")
            self.done.append((name, dict(arguments)))

        return act

    def announce(self, _: Any, kind: str, **fields: Any) -> None:
        assert kind == "step"
        self.announced.append(f"{fields['name']} {fields['text']}")

    def check(self, _: Any) -> list[dict[str, Any]]:
        return self.results


class Given:
    """A lesson that is being given."""

    def __init__(self, *steps: Step, automatic: bool = False, sabotage: str | None = None) -> None:
        self.stage = FakeStage()
        lesson = Lesson("a-lesson", "A lesson", "About it.", 1, 1, "It was seen.", steps, sabotage)
        self.runner = LessonRunner(
            lesson, self.stage.run, self.stage, automatic=automatic, real_seconds=lambda: self.stage.real
        )

    def ticks(self, seconds: float, each: float = 0.1) -> "Given":
        for _ in range(round(seconds / each)):
            self.stage.real += each
            self.stage.pacing.advance(each)
            self.runner.tick()
            for future in [self.runner._actions.submit(lambda: None)] if not self.runner.is_over else []:
                future.result(5)  # the actions so far are done
        return self

    @property
    def state(self) -> dict[str, Any]:
        return self.runner.as_json()

    def complete(self, count: int) -> None:
        for number in range(count):
            self.stage.tally.places[f"memory-{number}"] = "complete"


def step(caption: str = "Caption.", **fields: Any) -> Step:
    defaults: dict[str, Any] = {
        "name": "And",
        "look_at": None,
        "do": (),
        "wait_for": None,
        "count": None,
        "within_seconds": 900.0,
        "rate": None,
        "skip_seconds": None,
    }
    return Step(caption=caption, **{**defaults, **fields})


def test_step_by_step_it_waits_for_the_viewer() -> None:
    given = Given(step("One."), step("Two.")).ticks(30)
    assert (given.state["step"], given.state["waiting_for"]) == (0, "you")
    assert [each["done"] for each in given.state["steps"]] == [True, False]

    given.runner.next()
    given.ticks(30)
    assert (given.state["step"], given.state["waiting_for"]) == (1, "you")
    given.runner.next()
    given.ticks(1)

    assert (given.state["verdict"], given.state["finished"]) == ("passed", True)
    assert given.stage.announced == ["And One.", "And Two."]


def test_by_itself_it_gives_time_to_read() -> None:
    given = Given(step("Three words here."), step("x" * 160), automatic=True)
    given.ticks(2)
    assert given.state["step"] == 0
    given.ticks(1)
    assert given.state["step"] == 1
    given.ticks(14)
    assert not given.state["finished"]

    given.ticks(4)

    assert given.state["verdict"] == "passed"


def test_it_can_go_on_by_itself_from_any_step() -> None:
    given = Given(step(), step()).ticks(10)

    given.runner.automatic = True
    given.ticks(20)

    assert given.state["finished"]


def test_actions_are_done_in_their_order_before_the_wait() -> None:
    given = Given(step(do=(("fault_on", {"fault": "openai.down"}), ("sample", {"count": 2})), wait_for="all complete"))

    given.ticks(2)

    assert given.stage.done == [("fault_on", {"fault": "openai.down"}), ("sample", {"count": 2})]
    assert given.state["waiting_for"] == "the pipeline"


def test_an_action_that_is_not_possible_ends_the_lesson_with_the_reason() -> None:
    given = Given(step(do=(("sample", {}),)), step("Never."))
    given.stage.fails = True

    given.ticks(2)

    assert (given.state["verdict"], given.state["reason"]) == ("inconclusive", "sample: the API is dead")
    assert given.stage.announced == ["And Caption."]


def test_a_wait_is_sped_up_only_as_long_as_it_lasts() -> None:
    given = Given(step(wait_for="all complete", count=2, rate=60)).ticks(2)
    assert given.stage.pacing.rate == 60

    given.complete(2)
    given.ticks(1)

    assert given.stage.pacing.rate == 1
    assert given.state["waiting_for"] == "you"


def test_a_wait_ends_after_its_virtual_time() -> None:
    given = Given(step(wait_for="all complete", rate=60, within_seconds=600.0), step("Never."))

    given.ticks(12)

    assert given.state["verdict"] == "inconclusive"
    assert given.state["reason"] == "“all complete” did not become true within 10 min"
    assert given.stage.pacing.rate == 1


def test_a_wait_ends_after_some_real_time_also_if_time_is_paused() -> None:
    given = Given(step(wait_for="all complete", within_seconds=10_000.0))
    given.ticks(LONGEST_REAL_WAIT_SECONDS - 1)
    assert not given.state["finished"]

    given.ticks(2)

    assert given.state["verdict"] == "inconclusive"


def test_a_skip_is_waited_for() -> None:
    given = Given(step(skip_seconds=3000.0)).ticks(3)
    assert given.state["waiting_for"] == "the pipeline"

    given.ticks(4)

    assert given.state["waiting_for"] == "you"


def test_next_during_a_wait_goes_on_right_after_it() -> None:
    given = Given(step(wait_for="all complete"), step("Two.")).ticks(1)
    given.runner.next()
    given.ticks(1)
    assert given.state["step"] == 0

    given.complete(1)
    given.ticks(1)

    assert given.state["step"] == 1


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "failed", "inconclusive"], "failed"),
        (["inconclusive", "passed"], "inconclusive"),
    ],
)
def test_the_invariants_are_its_verdict(verdicts: list[str], verdict: str) -> None:
    given = Given(step(), automatic=True)
    given.stage.results = [{"verdict": each, "text": f"it {each}\nmore"} for each in verdicts]

    given.ticks(5)

    assert given.state["verdict"] == verdict
    assert verdict == "passed" or given.state["reason"] == f"it {verdict}"


@pytest.mark.parametrize(
    ("verdict", "sabotage", "shown"),
    [
        ("passed", None, "It was seen."),
        ("failed", None, None),
        ("inconclusive", None, None),
        ("failed", "a-bug", "It was seen."),
        ("passed", "a-bug", None),
    ],
)
def test_its_sentence_is_shown_only_if_it_ended_as_expected(
    verdict: str, sabotage: str | None, shown: str | None
) -> None:
    given = Given(step(), automatic=True, sabotage=sabotage)
    given.stage.results = [{"verdict": verdict, "text": "text"}]
    assert given.state["shown"] is None

    given.ticks(5)

    assert (given.state["verdict"], given.state["shown"]) == (verdict, shown)


def test_before_the_verdict_everything_is_finished() -> None:
    given = Given(step(), automatic=True)
    given.stage.tally.places["memory"] = "returned"
    given.ticks(5)
    assert not given.state["finished"]
    assert given.stage.pacing.rate > 1

    given.complete(0)
    given.stage.tally.places["memory"] = "complete"
    given.ticks(1)

    assert given.state["verdict"] == "passed"
    assert given.stage.pacing.rate == 1


def test_a_closed_lesson_does_nothing_more() -> None:
    given = Given(step(), step())

    given.runner.close()

    assert given.runner.tick() is None
