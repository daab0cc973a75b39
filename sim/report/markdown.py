"""`summary.md`: the run on a CI job's page."""

import re
from html import escape

from sim.report.formatting import ratio, spoken_seconds
from sim.report.page.card import sign
from sim.report.run_record import RunRecord, ScenarioRecord, headline_of
from sim.report.verdicts import PASSED, SKIPPED

MOST_ROWS = 200
MOST_REASONS = 20


def markdown(run: RunRecord) -> str:
    """What became of the run, why whatever did not hold did not, and a table of all claims."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in run.counts.items()) or "nothing was tried"
    facts = [
        f"{spoken_seconds(run.virtual_seconds)} of virtual time in {spoken_seconds(run.real_seconds)}"
        f" ({ratio(run.virtual_seconds, run.real_seconds)})",
        *(f"{name} `{run.about[name]}`" for name in ("engine", "topology", "seed", "commit") if run.about.get(name)),
    ]
    parts = [f"## Scenarios: {counts}", " · ".join(facts)]
    if not run.finished:
        parts.append("**The run did not end by itself**; this is what it had written down until then.")
    parts += [_trouble(run, scenario) for scenario in run.ordered if scenario.verdict not in (PASSED, SKIPPED)][
        :MOST_REASONS
    ]
    parts.append(_table(run))
    return "\n\n".join(parts) + "\n"


def _trouble(run: RunRecord, scenario: ScenarioRecord) -> str:
    why = headline_of(scenario.reason) or "no verdict was written"
    return (
        f"### {sign(scenario.verdict)} {_plain(scenario.title)}\n\n> {_plain(scenario.claim)}\n\n"
        f"**{scenario.verdict}**: {_plain(why)}\n\n<pre>{escape(run.replay(scenario.name), quote=False)}</pre>"
    )


def _table(run: RunRecord) -> str:
    rows = ["| | claim | memories | virtual | real |", "|---|---|---|---:|---:|"]
    for scenario in run.ordered[:MOST_ROWS]:
        memories = ", ".join(f"{count} {status}" for status, count in sorted(scenario.outcomes.items()))
        times = f"{spoken_seconds(scenario.virtual_seconds)} | {spoken_seconds(scenario.real_seconds)}"
        claim = f"{_plain(scenario.claim)}<br><sub>{_plain(scenario.name)}</sub>"
        rows.append(f"| {sign(scenario.verdict)} | {claim} | {_plain(memories)} | {times} |")
    if len(run.scenarios) > MOST_ROWS:
        rows.append(f"| | and {len(run.scenarios) - MOST_ROWS} more | | | |")
    return "\n".join(rows)


def _plain(text: str) -> str:
    """On one line, with nothing in it that Markdown or HTML would take for its own."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", " ".join(escaped.split()))
