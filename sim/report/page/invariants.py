"""The invariants on the card of a scenario: the verdict of each, with what it looked at, also when it passed."""

from html import escape
from typing import Any

from sim.report.run_record import ScenarioRecord
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED

NOT_CHECKED = "The scenario ended before its invariants were checked."
SIGNS = {PASSED: "✓", FAILED: "✕", INCONCLUSIVE: "?"}


def invariants(scenario: ScenarioRecord) -> str:
    """A list to open; it is open if one of them did not pass. A sentence where none was checked."""
    results = scenario.invariants
    if not results:
        return "" if scenario.verdict in (PASSED, SKIPPED) else f"<p class='invariants none'>{NOT_CHECKED}</p>"
    passed, number = sum(each["verdict"] == PASSED for each in results), len(results)
    summary = f"All {number} invariants hold" if passed == number else f"{passed} of {number} invariants hold"
    rows = "".join(_row(each) for each in results)
    is_open = "" if passed == number else " open"
    return f"<details class='invariants'{is_open}><summary>{summary}</summary><ul>{rows}</ul></details>"


def _row(result: dict[str, Any]) -> str:
    numbers = ", ".join(f"{number:,} {name}" for name, number in result["numbers"].items())
    seen = f" <span>{escape(numbers)}</span>" if numbers else ""
    text = f"<p>{escape(result['text'])}</p>" if result["text"] else ""
    verdict = escape(result["verdict"])
    sign = f"<b title='{verdict}'>{SIGNS.get(verdict, '?')}</b>"
    return f"<li class='{verdict}'>{sign} {escape(result['about'])}{seen}{text}</li>"
