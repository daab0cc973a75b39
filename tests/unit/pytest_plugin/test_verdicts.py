"""What pytest reports, and what that means for a scenario: only its own failure breaks a promise."""

from types import SimpleNamespace
from typing import Any

import pytest

from sim.pytest_plugin.terminal import ScenarioLines, is_inconclusive, verdict_of
from sim.report.verdicts import Verdict


def report(when: Any, outcome: Any, longrepr: Any = None, **properties: object) -> pytest.TestReport:
    place = ("test_it.py", 3, "test_it")
    about = list(properties.items())
    return pytest.TestReport("test_it.py::test_it", place, {}, outcome, longrepr, when, user_properties=about)


@pytest.mark.parametrize(
    ("reported", "verdict", "reason"),
    [
        (report("call", "passed"), "passed", ""),
        (report("call", "failed", "it broke"), "failed", "it broke"),
        (report("call", "failed", "nothing ran into it", inconclusive=True), "inconclusive", "nothing ran into it"),
        (report("setup", "failed", "the world did not start"), "inconclusive", "the world did not start"),
        (report("teardown", "failed", "it did not stop"), "inconclusive", "it did not stop"),
        (report("???", "failed", "worker 'gw0' crashed"), "inconclusive", "worker 'gw0' crashed"),
        (report("setup", "skipped", ("test_it.py", 3, "Skipped: not today")), "skipped", "not today"),
    ],
)
def test_a_report_is_judged(reported: pytest.TestReport, verdict: str, reason: str) -> None:
    judged = verdict_of(reported)

    assert (judged.verdict, judged.reason) == (verdict, reason)
    assert is_inconclusive(reported) == (verdict == "inconclusive")


def test_a_verdict_says_what_was_claimed_and_what_became_of_the_memories() -> None:
    judged = verdict_of(report("call", "passed", claim="it holds.", outcomes={"complete": 2}))

    assert (judged.name, judged.claim, judged.outcomes) == ("test_it.py::test_it", "it holds.", {"complete": 2})


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (report("call", "passed"), "inconclusive"),
        (report("setup", "skipped", ("test_it.py", 3, "Skipped: not today")), "inconclusive"),
        (report("call", "failed", "it broke"), "failed"),
    ],
)
def test_a_world_that_does_not_stop_is_told_of_whoever_was_last_there(first: pytest.TestReport, verdict: str) -> None:
    """Also of a scenario that was skipped; else the run would end well, and leave something behind."""
    verdicts: list[Verdict] = []
    run: Any = SimpleNamespace(verdicts=verdicts, journal=SimpleNamespace(write=lambda *_, **__: None))
    lines = ScenarioLines(SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: None)), run)  # type: ignore[arg-type]

    lines.pytest_runtest_logreport(first)
    lines.pytest_runtest_logreport(report("teardown", "failed", "it did not stop"))

    assert [each.verdict for each in verdicts] == [verdict]
