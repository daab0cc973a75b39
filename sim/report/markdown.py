"""Renders `summary.md`, for the page of a CI job."""

import re
from html import escape

from sim.picture.formatting import counts_text, duration_text, headline_of, speedup_text
from sim.report.event_lines import last_events_of
from sim.report.page.card import sign_of
from sim.report.run_record import RunRecord, ScenarioRecord
from sim.report.verdicts import PASSED, SKIPPED

MAX_ROWS = 200
MAX_REASONS = 20


def markdown(run: RunRecord) -> str:
    """Counts and facts of the run, the reason of each scenario that did not pass, and a table of all claims."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in run.counts.items()) or "none was run"
    facts = [
        f"{duration_text(run.virtual_seconds)} of virtual time in {duration_text(run.real_seconds)}"
        f" ({speedup_text(run.virtual_seconds, run.real_seconds)})",
        *(f"{name} `{run.about[name]}`" for name in ("engine", "topology", "seed", "commit") if run.about.get(name)),
    ]
    parts = [f"## Scenarios: {counts}", " · ".join(facts)]
    if not run.finished:
        parts.append("**The run was killed**: this page contains its events up to that moment.")
    not_passed = [scenario for scenario in run.ordered if scenario.verdict not in (PASSED, SKIPPED)]
    parts += [_reason(run, scenario) for scenario in not_passed[:MAX_REASONS]]
    if len(not_passed) > MAX_REASONS:
        parts.append(f"and {len(not_passed) - MAX_REASONS} more that did not pass")
    parts.append(_table(run))
    return "\n\n".join(parts) + "\n"


def _reason(run: RunRecord, scenario: ScenarioRecord) -> str:
    reason = headline_of(scenario.reason) or "the run ended before the scenario did"
    life = "\n".join(last_events_of(scenario))
    details = f"\n\n<details><summary>its last events</summary><pre>{escape(life, quote=False)}</pre></details>"
    return (
        f"### {sign_of(scenario.verdict)} {plain(scenario.title)}\n\n> {plain(scenario.claim)}\n\n"
        f"**{scenario.verdict}**: {plain(reason)}\n\n<pre>{escape(run.replay(scenario.name), quote=False)}</pre>"
        f"{details if life else ''}"
    )


def _table(run: RunRecord) -> str:
    rows = ["| | claim | memories | virtual time | real time |", "|---|---|---|---:|---:|"]
    for scenario in run.ordered[:MAX_ROWS]:
        memories = plain(counts_text(scenario.outcomes))
        times = f"{duration_text(scenario.virtual_seconds)} | {duration_text(scenario.real_seconds)}"
        claim = f"{plain(scenario.claim)}<br><sub>{plain(scenario.name)}</sub>"
        rows.append(f"| {sign_of(scenario.verdict)} | {claim} | {memories} | {times} |")
    if len(run.scenarios) > MAX_ROWS:
        rows.append(f"| | and {len(run.scenarios) - MAX_ROWS} more | | | |")
    return "\n".join(rows)


def plain(text: str) -> str:
    """The text on one line, with all characters escaped that Markdown or HTML would interpret."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", " ".join(escaped.split()))
