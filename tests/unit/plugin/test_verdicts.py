"""What pytest reports, and what that means for a story: only its own failure breaks a promise."""

from typing import Any

import pytest

from sim.report.terminal import is_unknown, verdict_of


def report(when: Any, outcome: Any, longrepr: Any = None, **properties: object) -> pytest.TestReport:
    place = ("test_it.py", 3, "test_it")
    about = list(properties.items())
    return pytest.TestReport("test_it.py::test_it", place, {}, outcome, longrepr, when, user_properties=about)


@pytest.mark.parametrize(
    ("reported", "verdict", "reason"),
    [
        (report("call", "passed"), "held", ""),
        (report("call", "failed", "it broke"), "broken", "it broke"),
        (report("call", "failed", "nothing ran into it", unknown=True), "unknown", "nothing ran into it"),
        (report("setup", "failed", "the world did not start"), "unknown", "the world did not start"),
        (report("teardown", "failed", "it did not stop"), "unknown", "it did not stop"),
        (report("???", "failed", "worker 'gw0' crashed"), "unknown", "worker 'gw0' crashed"),
        (report("setup", "skipped", ("test_it.py", 3, "Skipped: not today")), "skipped", "not today"),
    ],
)
def test_a_report_is_judged(reported: pytest.TestReport, verdict: str, reason: str) -> None:
    judged = verdict_of(reported)

    assert (judged.verdict, judged.reason) == (verdict, reason)
    assert is_unknown(reported) == (verdict == "unknown")


def test_a_verdict_says_what_was_claimed_and_what_became_of_the_memories() -> None:
    judged = verdict_of(report("call", "passed", claim="it holds.", outcomes={"complete": 2}))

    assert (judged.name, judged.claim, judged.outcomes) == ("test_it.py::test_it", "it holds.", {"complete": 2})
