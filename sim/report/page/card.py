"""The card of one scenario: claim and verdict; to open: reason, faults, totals, timeline, source, replay command."""

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from sim.picture.contents import Band
from sim.picture.formatting import count_text, counts_text, duration_text, headline_of, speedup_text
from sim.report.page.invariants import invariants
from sim.report.page.source import source
from sim.report.run_record import RunRecord, ScenarioRecord
from sim.report.totals import totals_of
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED

SIGNS = {PASSED: "✓", FAILED: "✕", INCONCLUSIVE: "?", SKIPPED: "–"}
"""Other signs than in the terminal: browsers do not render these as emoji."""

UNFINISHED_SIGN = "…"


def sign_of(verdict: str) -> str:
    return SIGNS.get(verdict, UNFINISHED_SIGN)


def card(run: RunRecord, scenario: ScenarioRecord, index: int) -> str:
    """The card as HTML; it is open if the scenario did not pass. `index` is its position in the page's data."""
    faults = " ".join(band.fault for band in scenario.contents.faults)
    searched = " ".join((scenario.name, scenario.claim, scenario.about, faults, scenario.reason[:2000])).lower()
    is_open = " open" if scenario.verdict not in (PASSED, SKIPPED) else ""
    return (
        f"<details class='card {escape(scenario.verdict)}' id='s{index}' data-index='{index}'"
        f" data-verdict='{escape(scenario.verdict)}' data-folder='{escape(scenario.folder)}'"
        f' data-search="{escape(searched)}" data-name="{escape(scenario.name)}"{is_open}>'
        f"{_summary(scenario)}<div class='content'>{_reason(scenario)}{_faults(scenario)}{_totals(scenario)}"
        f"<div class='timeline' data-index='{index}'><noscript>The timeline needs JavaScript.</noscript></div>"
        f"{invariants(scenario)}"
        f"{_source(run, scenario)}</div></details>"
    )


def _summary(scenario: ScenarioRecord) -> str:
    claim = scenario.claim[:1].upper() + scenario.claim[1:]
    return (
        f"<summary><span class='sign' aria-hidden='true'>{sign_of(scenario.verdict)}</span>"
        f"<span class='claim'><span class='claim-text'>{escape(claim)}</span>"
        f"<span class='name'><i>{escape(scenario.folder)}</i> {escape(scenario.title)}"
        f"<span class='sr'>, {escape(scenario.verdict)}</span></span></span>"
        f"<span class='outcome'>{escape(counts_text(_outcomes(scenario)))}</span>"
        f"<span class='times'><b title='virtual time'>{escape(duration_text(scenario.virtual_seconds))}</b>"
        f" <span title='real time'>in {escape(duration_text(scenario.real_seconds))}</span></span></summary>"
    )


def _outcomes(scenario: ScenarioRecord) -> Mapping[str, int]:
    """The memories that exist by status, and those that their owners deleted."""
    deleted = sum(subject.deleted for subject in scenario.contents.subjects.values())
    return {**scenario.outcomes, **({"deleted": deleted} if deleted else {})}


def _reason(scenario: ScenarioRecord) -> str:
    if not scenario.reason:
        return ""
    return (
        f"<section class='reason'><h3>{escape(headline_of(scenario.reason))}</h3>"
        f"<details><summary>Full text</summary><pre>{escape(scenario.reason)}</pre></details></section>"
    )


def _faults(scenario: ScenarioRecord) -> str:
    rows = [
        f"<li><b>{escape(band.fault)}</b> <span>{escape(_triggered(band))}</span></li>"
        for band in scenario.contents.faults
    ]
    return f"<ul class='faults'>{''.join(rows)}</ul>" if rows else ""


def _triggered(band: Band) -> str:
    if band.times_triggered is None:
        return "active until the end"
    return f"triggered {count_text(band.times_triggered, 'time')}" if band.times_triggered else "not triggered"


def _totals(scenario: ScenarioRecord) -> str:
    totals, virtual, real = totals_of(scenario), scenario.virtual_seconds, scenario.real_seconds
    most, redriven = totals["max_receives"], totals["redriven"]
    cells: list[tuple[str, str, str]] = [
        ("memories", f"{totals['memories']:,}", ""),
        ("receives", f"{totals['receives']:,}", f"max. {most} per message" if most > 1 else ""),
        ("invocations", f"{totals['invocations']:,}", _failed(totals["failed_invocations"])),
        ("OpenAI requests", f"{totals['openai_calls']:,}", _failed(totals["failed_openai_calls"])),
        ("billed audio", duration_text(totals["billed_audio_seconds"]), f"{totals['billed_tokens']:,} tokens"),
        ("dead letters", f"{totals['dead_letters']:,}", f"{redriven:,} redriven" if redriven else ""),
        ("cold starts", f"{totals['cold_starts']:,}", ""),
        ("virtual time", duration_text(virtual), f"{speedup_text(virtual, real)} real time"),
    ]
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(remark)}</small></dd></div>"
        for name, value, remark in cells
    )
    return f"<dl class='totals'>{rows}</dl>"


def _failed(count: float) -> str:
    return f"{count:,.0f} failed" if count else ""


def _source(run: RunRecord, scenario: ScenarioRecord) -> str:
    about = f"<p>{escape(scenario.about)}</p>" if scenario.about else ""
    return (
        f"<div class='actions'><details class='scenario'><summary>Source code of the scenario</summary>{about}"
        f"{source(scenario)}</details>{_logs(run, scenario)}<div class='replay'><span>Run again</span>"
        f"<code>{escape(run.replay(scenario.name))}</code>"
        "<button type='button' class='copy' hidden>copy</button></div></div>"
    )


def _logs(run: RunRecord, scenario: ScenarioRecord) -> str:
    """A link to each log of its processes, for a report that is still in the folder of its run."""
    paths = run.logs.get(scenario.pipeline, ())
    links = "".join(f" <a href='{escape(quote(path))}'>{escape(path.rpartition('/')[2])}</a>" for path in paths)
    return f"<div class='logs'><span>Logs</span>{links}</div>" if links else ""
