"""The top of the page: the counts as a sentence, a square for each scenario, the facts of the run and its limits."""

from collections.abc import Sequence
from html import escape

from sim.picture.formatting import count_text, duration_text, speedup_text
from sim.report.run_record import RunRecord, ScenarioRecord
from sim.report.verdicts import PASSED

LIMIT_LABELS = {
    "function_timeout_seconds": "function timeout",
    "visibility_timeout_seconds": "visibility timeout of a job",
    "max_receive_count": "maximum receive count of a job",
    "maximum_concurrency": "maximum concurrency of the worker",
    "lease_seconds": "lease on a memory",
    "openai_timeout_seconds": "timeout of an OpenAI request",
    "relay_timeout_seconds": "timeout of the outbox relay",
    "jobs_retention_seconds": "retention of jobs",
    "dead_letter_retention_seconds": "retention of dead letters",
    "analysis_retry_base_seconds": "first delay before an analysis is retried",
    "analysis_retry_limit": "maximum attempts of an analysis",
    "outbox_grace_seconds": "delay before the outbox relay sends",
    "orphan_audio_after_seconds": "delay before orphaned audio is deleted",
    "audio_expiry_days": "retention of audio, in days",
}


def heading(run: RunRecord, scenarios: Sequence[ScenarioRecord]) -> str:
    """The counts as a sentence, and a small square for each scenario that links to its card."""
    squares = "".join(
        f'<a class="square {escape(each.verdict)}" href="#scenario={index}" data-index="{index}"'
        f' title="{escape(each.claim)}"><span>{escape(each.title)}: {escape(each.verdict)}</span></a>'
        for index, each in enumerate(scenarios)
    )
    return f"<h1>{_sentence(run)}</h1>{_remarks(run)}<nav class='squares' aria-label='All scenarios'>{squares}</nav>"


def _sentence(run: RunRecord) -> str:
    counts = run.counts
    if not counts:
        return "No scenario was run."
    if set(counts) == {PASSED}:
        number = counts[PASSED]
        return f"<b class='passed'>All {number}</b> promises held." if number > 1 else "The promise held."
    return ", ".join(f"<b class='{verdict}'>{count}</b> {verdict}" for verdict, count in counts.items()) + "."


def _remarks(run: RunRecord) -> str:
    remarks = []
    if not run.finished:
        remarks.append("The run was killed: this page contains its events up to that moment.")
    if run.unreadable:
        remarks.append(f"{count_text(run.unreadable, 'line')} of the journal could not be read.")
    return "".join(f"<p class='remark'>{escape(each)}</p>" for each in remarks)


def facts(run: RunRecord) -> str:
    """Virtual and real time, outage tolerance, engine, topology, seed and commit; the limits to open."""
    about, seconds = run.about, run.virtual_seconds
    cells: list[tuple[str, str, str]] = [
        ("virtual time", duration_text(seconds), "sum of all scenarios"),
        ("real time", duration_text(run.real_seconds), "from the first line of the journal to the last"),
        ("speedup", speedup_text(seconds, run.real_seconds), "virtual time divided by real time"),
    ]
    tolerance = about.get("outage_tolerance_seconds")
    if isinstance(tolerance, int | float):
        title = "the longest outage after which no redrive is needed, with the limits below"
        cells.append(("outage tolerance", duration_text(tolerance), title))
    for name in ("engine", "topology", "seed", "commit"):
        if about.get(name) is not None:
            cells.append((name, str(about[name]), ""))
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd title='{escape(title)}'>{escape(value)}</dd></div>"
        for name, value, title in cells
    )
    return f"<dl class='facts'>{rows}</dl>{_limits(run)}"


def _limits(run: RunRecord) -> str:
    limits = run.about.get("limits")
    if not isinstance(limits, dict):
        return ""
    rows = "".join(
        f"<div><dt>{escape(LIMIT_LABELS.get(name, name.replace('_', ' ')))}</dt><dd>{_limit(name, value)}</dd></div>"
        for name, value in sorted(limits.items(), key=lambda item: _position_of(item[0]))
    )
    return (
        "<details class='limits'><summary>Limits of this run, as Terraform deploys them</summary>"
        f"<dl>{rows}</dl>{_outage_tolerance(run)}</details>"
    )


def _position_of(name: str) -> int:
    known = list(LIMIT_LABELS)
    return known.index(name) if name in known else len(known)


def _limit(name: str, value: object) -> str:
    is_duration = name.endswith("_seconds") and isinstance(value, int | float)
    return escape(duration_text(value) if is_duration else str(value))  # type: ignore[arg-type]


def _outage_tolerance(run: RunRecord) -> str:
    limits, tolerance = run.about.get("limits"), run.about.get("outage_tolerance_seconds")
    if not isinstance(limits, dict) or not isinstance(tolerance, int | float):
        return ""
    text = (
        f"SQS delivers a job up to {limits.get('max_receive_count', '?')} times, with growing delays. So the pipeline "
        f"recovers by itself from an outage of up to {duration_text(tolerance)}. A longer outage leaves dead letters, "
        "and a redrive completes them."
    )
    return f"<p>{escape(text)}</p>"
