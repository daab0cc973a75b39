"""What pytest's report of a test means for the scenario: passed, failed, inconclusive or skipped."""

import json
from collections.abc import Sequence

import pytest

from sim.invariants import InvariantNotKnown
from sim.journal.journal import RecordNotWritten
from sim.pytest_plugin.product_crashes import ProductCrashed
from sim.pytest_plugin.steady_state import WorldUnfit
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED, Verdict
from sim.scenario.simulation import FaultNotTriggered

INCONCLUSIVE_ERRORS = (FaultNotTriggered, InvariantNotKnown, RecordNotWritten, WorldUnfit)
"""The scenario showed nothing, or what it showed cannot be recorded."""

CRASH = "crash"
"""The property of a report whose failure is a crash of the product; its value is the crash in one line."""


def classify_failure(
    report: pytest.TestReport, error: BaseException | None, crash: str = "", violations: Sequence[str] = ()
) -> None:
    """Note on the report what kind of failure it is, and put the reason first.

    `crash` describes a crash of the product that the scenario's logs show, with its stack; empty when there is none.
    `violations` are those of conservation: whatever else failed, the event that lost a recording is the first line.
    """
    _put_reason_first(report, error, crash)
    if violations:
        lines = "\n".join(f"E   {each}" for each in violations)  # E: pytest's own mark
        report.longrepr = f"{lines}\n\nThe scenario ended with:\n\n{report.longreprtext}"
        report.user_properties = [each for each in report.user_properties if each[0] != INCONCLUSIVE]


def _put_reason_first(report: pytest.TestReport, error: BaseException | None, crash: str) -> None:
    if isinstance(error, ProductCrashed):
        report.longrepr = str(error)
        _note(report, CRASH, str(error).partition("\n")[0])
    elif crash:
        report.longrepr = f"E   {crash}\n\nThe scenario ended with:\n\n{report.longreprtext}"  # E: pytest's own mark
        _note(report, CRASH, crash.partition("\n")[0])
    elif isinstance(error, INCONCLUSIVE_ERRORS):
        report.longrepr = str(error)
        _note(report, INCONCLUSIVE, True)


def is_inconclusive(report: pytest.TestReport) -> bool:
    """Whether a failure is the world's own: in setup or teardown, of the xdist worker, or an inconclusive error.

    A crash of the product is the scenario's failure wherever it shows.
    """
    about = dict(report.user_properties)
    return report.failed and CRASH not in about and (report.when != "call" or bool(about.get(INCONCLUSIVE)))


def verdict_of(report: pytest.TestReport) -> Verdict:
    """The verdict of the scenario that the report is about."""
    about = dict(report.user_properties)
    if report.outcome == "passed":
        verdict, reason = PASSED, ""
    elif report.outcome == "skipped":
        verdict, reason = SKIPPED, _why_skipped(report)
    else:
        # A reason that is a sentence stays as it is: pytest's own text begins with names of process and machine.
        reason = report.longrepr if isinstance(report.longrepr, str) else report.longreprtext
        verdict = INCONCLUSIVE if is_inconclusive(report) else FAILED
    return Verdict(
        name=report.nodeid,
        claim=str(about.get("claim", "")),
        verdict=verdict,
        seconds=round(report.duration, 2),
        outcomes=json.loads(str(about.get("outcomes", "{}"))),
        reason=reason,
    )


def _note(report: pytest.TestReport, name: str, value: object) -> None:
    report.user_properties = [*report.user_properties, (name, value)]


def _why_skipped(report: pytest.TestReport) -> str:
    """pytest gives file, line, and `Skipped: why`."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return reason.removeprefix("Skipped: ")
