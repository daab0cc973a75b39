"""What pytest reports, and what that means for a scenario."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.invariants import InvariantNotKnown
from sim.picture.formatting import headline_of
from sim.pytest_plugin.classification import classify_failure, is_inconclusive, verdict_of
from sim.pytest_plugin.interrupts import Interrupts
from sim.pytest_plugin.product_crashes import ProductCrashed
from sim.pytest_plugin.steady_state import WorldUnfit
from sim.pytest_plugin.terminal import ScenarioLines
from sim.report.verdicts import Verdict
from sim.scenario.simulation import FaultNotTriggered

CRASH = "the product crashed: KeyError: 'id' at rawk/worker/batch.py:47 (worker, job_crashed)"


def report(when: Any, outcome: Any, longrepr: Any = None, **properties: object) -> pytest.TestReport:
    place = ("test_it.py", 3, "test_it")
    about = list(properties.items())
    return pytest.TestReport("test_it.py::test_it", place, {}, outcome, longrepr, when, user_properties=about)


@pytest.mark.parametrize(
    ("reported", "verdict", "reason"),
    [
        (report("call", "passed"), "passed", ""),
        (report("call", "failed", "it broke"), "failed", "it broke"),
        (report("call", "failed", "not triggered", inconclusive=True), "inconclusive", "not triggered"),
        (report("setup", "failed", "the world did not start"), "inconclusive", "the world did not start"),
        (report("teardown", "failed", "it did not stop"), "inconclusive", "it did not stop"),
        (report("???", "failed", "worker 'gw0' crashed"), "inconclusive", "worker 'gw0' crashed"),
        (report("setup", "skipped", ("test_it.py", 3, "Skipped: not today")), "skipped", "not today"),
    ],
)
def test_the_verdict_follows_from_the_report(reported: pytest.TestReport, verdict: str, reason: str) -> None:
    verdict_found = verdict_of(reported)

    assert (verdict_found.verdict, verdict_found.reason) == (verdict, reason)
    assert is_inconclusive(reported) == (verdict == "inconclusive")


def test_a_verdict_holds_the_claim_and_the_statuses_of_the_memories() -> None:
    verdict_found = verdict_of(report("call", "passed", claim="it holds.", outcomes='{"complete": 2}'))

    assert (verdict_found.name, verdict_found.claim, verdict_found.outcomes) == (
        "test_it.py::test_it",
        "it holds.",
        {"complete": 2},
    )


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (report("call", "passed"), "inconclusive"),
        (report("setup", "skipped", ("test_it.py", 3, "Skipped: not today")), "inconclusive"),
        (report("call", "failed", "it broke"), "failed"),
    ],
)
def test_a_world_that_does_not_stop_changes_the_verdict_of_its_last_scenario(
    first: pytest.TestReport, verdict: str, tmp_path: Path
) -> None:
    """Also when that was skipped; otherwise the run would exit with 0 and leave processes behind."""
    verdicts: list[Verdict] = []
    journal = SimpleNamespace(write=lambda *_, **__: None)
    run: Any = SimpleNamespace(verdicts=verdicts, journal=journal, record=tmp_path)
    lines = ScenarioLines(SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: None)), run, Interrupts())  # type: ignore[arg-type]

    lines.pytest_runtest_logreport(first)
    lines.pytest_runtest_logreport(report("teardown", "failed", "it did not stop"))

    assert [each.verdict for each in verdicts] == [verdict]


@pytest.mark.parametrize("when", ["setup", "call", "teardown"])
def test_a_crash_of_the_product_is_failed_wherever_it_shows(when: str) -> None:
    reported = report(when, "failed", "E   assert False")

    if when == "call":
        classify_failure(reported, AssertionError(), crash=CRASH)
    else:
        classify_failure(reported, ProductCrashed(CRASH))

    assert not is_inconclusive(reported)
    verdict = verdict_of(reported)
    assert verdict.verdict == "failed"
    assert headline_of(verdict.reason) == CRASH


def test_an_unfit_world_is_inconclusive_and_its_reason_is_one_sentence() -> None:
    reported = report("setup", "failed", "a long text of pytest's")

    classify_failure(reported, WorldUnfit("the world did not start"))

    assert (verdict_of(reported).verdict, verdict_of(reported).reason) == ("inconclusive", "the world did not start")


def test_the_event_that_lost_a_recording_is_the_first_line_whatever_else_failed() -> None:
    sentence = "12.3 s: recording 4552… was deleted from the queue while processing; nobody holds it"
    for error, crash in ((AssertionError(), ""), (AssertionError(), CRASH), (FaultNotTriggered("no"), "")):
        reported = report("call", "failed", "E   the condition did not become true")

        classify_failure(reported, error, crash, [sentence])

        verdict = verdict_of(reported)
        assert verdict.verdict == "failed"
        assert headline_of(verdict.reason) == sentence


def test_conservation_that_is_not_known_is_inconclusive() -> None:
    reported = report("call", "failed", "a long text of pytest's")

    classify_failure(reported, InvariantNotKnown("conservation is not known: events of the jobs are missing"))

    assert verdict_of(reported).verdict == "inconclusive"
