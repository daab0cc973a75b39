"""The source of a scenario: its lines with their numbers, and beside each step the time at which it was reached."""

from datetime import timedelta
from html import escape

from sim.picture.formatting import duration_text
from sim.report.run_record import ScenarioRecord


def source(scenario: ScenarioRecord) -> str:
    """The source as HTML; empty where the journal has none."""
    if not scenario.source:
        return ""
    reached = {event["line"]: event["at"] for event in scenario.feed if event["kind"] == "step"}
    lines = enumerate(scenario.source.rstrip().splitlines(), scenario.source_line)
    return f"<pre class='source'>{''.join(_line(text, number, reached.get(number)) for number, text in lines)}</pre>"


def _line(text: str, number: int, reached_at: float | None) -> str:
    if reached_at is None:
        return f"<span data-line='{number}'>{escape(text)}\n</span>"
    time = f"<time>{_clock(reached_at)}</time>"
    return f"<span class='reached' data-line='{number}' role='button' tabindex='0'>{escape(text)}{time}\n</span>"


def _clock(seconds: float) -> str:
    """`3.1 s`, `0:30:12`, `1 day, 0:10:00`: as exact as the axis."""
    return duration_text(seconds) if seconds < 60 else str(timedelta(seconds=int(seconds)))
