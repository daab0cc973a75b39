"""The parts of the page that are text: heading, facts of the run, filters, and a card for each scenario."""

from collections.abc import Sequence
from html import escape

from sim.report.formatting import many, ratio, spoken_seconds
from sim.report.run_record import RunRecord, ScenarioRecord, amplification, headline_of
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED

SIGNS = {PASSED: "✓", FAILED: "✕", INCONCLUSIVE: "?", SKIPPED: "–"}
UNFINISHED_SIGN = "…"

LIMIT_WORDS = {
    "function_timeout_seconds": "function timeout",
    "visibility_timeout_seconds": "visibility timeout",
    "max_receive_count": "receives before the dead-letter queue",
    "maximum_concurrency": "functions at once",
    "lease_seconds": "lease on a memory",
    "openai_timeout_seconds": "time for one call of OpenAI",
    "relay_timeout_seconds": "relay's timeout",
    "jobs_retention_seconds": "jobs are kept",
    "dead_letter_retention_seconds": "dead letters are kept",
    "analysis_retry_base_seconds": "first pause before another analysis",
    "analysis_retry_limit": "analyses before giving up",
    "outbox_grace_seconds": "before the relay sends what intake did not",
    "orphan_audio_after_seconds": "before audio of no memory is removed",
    "audio_expiry_days": "audio is kept, in days",
}


def sign(verdict: str) -> str:
    return SIGNS.get(verdict, UNFINISHED_SIGN)


def heading(run: RunRecord, scenarios: Sequence[ScenarioRecord]) -> str:
    """What became of the run, and a small square for each scenario."""
    squares = "".join(
        f'<a class="square {escape(each.verdict)}" href="#scenario={index}" data-index="{index}"'
        f' title="{escape(each.claim)}"><span>{escape(each.title)}: {escape(each.verdict)}</span></a>'
        for index, each in enumerate(scenarios)
    )
    return f"<h1>{_sentence(run)}</h1>{_remarks(run)}<nav class='squares' aria-label='All scenarios'>{squares}</nav>"


def _sentence(run: RunRecord) -> str:
    counts = run.counts
    if not counts:
        return "Nothing was tried."
    if set(counts) == {PASSED}:
        return (
            f"<b class='passed'>All {counts[PASSED]}</b> promises held." if counts[PASSED] > 1 else "The promise held."
        )
    told = [f"<b class='{verdict}'>{count}</b> {verdict}" for verdict, count in counts.items()]
    return ", ".join(told) + "."


def _remarks(run: RunRecord) -> str:
    remarks = []
    if not run.finished:
        remarks.append("This run did not end by itself: what is shown is what it had written down until then.")
    if run.unreadable:
        remarks.append(f"{many(run.unreadable, 'line')} of the journal could not be read.")
    return "".join(f"<p class='remark'>{escape(each)}</p>" for each in remarks)


def facts(run: RunRecord) -> str:
    """Seed, engine, commit; the world's time beside ours; what outage this configuration survives."""
    about, seconds = run.about, run.virtual_seconds
    told: list[tuple[str, str, str]] = [
        ("virtual time", spoken_seconds(seconds), "in the scenarios' worlds, all together"),
        ("real time", spoken_seconds(run.real_seconds), "from the first line of the journal to the last"),
        ("faster by", ratio(seconds, run.real_seconds), "virtual by real time"),
    ]
    survival = about.get("outage_tolerance_seconds")
    if isinstance(survival, int | float):
        told.append(("outage survived", spoken_seconds(survival), "without a redrive, by the limits below"))
    for name in ("engine", "topology", "seed", "commit"):
        if about.get(name) is not None:
            told.append((name, str(about[name]), ""))
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd title='{escape(title)}'>{escape(value)}</dd></div>"
        for name, value, title in told
    )
    return f"<dl class='facts'>{cells}</dl>{_limits(run)}"


def _limits(run: RunRecord) -> str:
    limits = run.about.get("limits")
    if not isinstance(limits, dict):
        return ""
    rows = "".join(
        f"<div><dt>{escape(LIMIT_WORDS.get(name, name.replace('_', ' ')))}</dt><dd>{_limit(name, value)}</dd></div>"
        for name, value in sorted(limits.items(), key=lambda item: _place_of(item[0]))
    )
    return (
        "<details class='limits'><summary>The limits these worlds kept to: those that Terraform deploys</summary>"
        f"<dl>{rows}</dl>{_survival_words(run)}</details>"
    )


def _place_of(name: str) -> int:
    known = list(LIMIT_WORDS)
    return known.index(name) if name in known else len(known)


def _limit(name: str, value: object) -> str:
    is_time = name.endswith("_seconds") and isinstance(value, int | float)
    return escape(spoken_seconds(value) if is_time else str(value))  # type: ignore[arg-type]


def _survival_words(run: RunRecord) -> str:
    limits, survival = run.about.get("limits"), run.about.get("outage_tolerance_seconds")
    if not isinstance(limits, dict) or not isinstance(survival, int | float):
        return ""
    words = (
        f"A job is received {limits.get('max_receive_count', '?')} times, with growing pauses between. An outage of "
        f"up to {spoken_seconds(survival)} is survived without anybody's help; a longer one leaves dead letters, "
        "which a redrive completes."
    )
    return f"<p>{escape(words)}</p>"


def filters(run: RunRecord) -> str:
    """Search, and a button for each verdict and each kind of trouble there is."""
    verdicts = "".join(
        f"<button type='button' class='chip {verdict}' data-verdict='{verdict}' aria-pressed='false'>"
        f"{verdict} <b>{count}</b></button>"
        for verdict, count in run.counts.items()
    )
    folders = sorted({scenario.folder for scenario in run.scenarios})
    options = "".join(f"<option>{escape(folder)}</option>" for folder in folders)
    return (
        "<label class='search'><span>Search</span><input id='search' type='search' autocomplete='off'"
        " placeholder='Search claims, faults, reasons  ( / )'></label>"
        f"<span class='chips' role='group' aria-label='Verdicts'>{verdicts}</span>"
        f"<select id='folder' aria-label='Kind of trouble'><option value=''>every kind of trouble</option>{options}"
        "</select><output id='found'></output>"
    )


def card(run: RunRecord, scenario: ScenarioRecord, index: int) -> str:
    """One scenario: the claim and the verdict to see, all else to open."""
    faults = " ".join(band.text for band in scenario.picture.faults)
    searched = " ".join((scenario.name, scenario.claim, scenario.about, faults, scenario.reason[:2000])).lower()
    is_open = " open" if scenario.verdict not in (PASSED, SKIPPED) else ""
    return (
        f"<details class='card {escape(scenario.verdict)}' id='s{index}' data-index='{index}'"
        f" data-verdict='{escape(scenario.verdict)}' data-folder='{escape(scenario.folder)}'"
        f' data-search="{escape(searched)}" data-name="{escape(scenario.name)}"{is_open}>'
        f"{_summary(scenario)}<div class='inside'>{_reason(scenario)}{_faults(scenario)}{_numbers(scenario)}"
        f"<div class='timeline' data-index='{index}'><noscript>The timeline needs JavaScript.</noscript></div>"
        f"{_scenario(run, scenario)}</div></details>"
    )


def _summary(scenario: ScenarioRecord) -> str:
    claim = scenario.claim[:1].upper() + scenario.claim[1:]
    memories = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(scenario.outcomes.items()))
    return (
        f"<summary><span class='sign' aria-hidden='true'>{sign(scenario.verdict)}</span>"
        f"<span class='claim'><span class='words'>{escape(claim)}</span>"
        f"<span class='name'><i>{escape(scenario.folder)}</i> {escape(scenario.title)}"
        f"<span class='sr'>, {escape(scenario.verdict)}</span></span></span>"
        f"<span class='outcome'>{escape(memories)}</span>"
        f"<span class='times'><b>{escape(spoken_seconds(scenario.virtual_seconds))}</b>"
        f" <span>in {escape(spoken_seconds(scenario.real_seconds))}</span></span></summary>"
    )


def _reason(scenario: ScenarioRecord) -> str:
    if not scenario.reason:
        return ""
    return (
        f"<section class='reason'><h3>{escape(headline_of(scenario.reason))}</h3>"
        f"<details><summary>all that was said</summary><pre>{escape(scenario.reason)}</pre></details></section>"
    )


def _faults(scenario: ScenarioRecord) -> str:
    rows = []
    for band in scenario.picture.faults:
        met = "never ended" if band.times_triggered is None else f"met {many(band.times_triggered, 'time')}"
        rows.append(f"<li><b>{escape(band.text)}</b> <span>{escape(met)}</span></li>")
    return f"<ul class='faults'>{''.join(rows)}</ul>" if rows else ""


def _numbers(scenario: ScenarioRecord) -> str:
    took, virtual, real = amplification(scenario), scenario.virtual_seconds, scenario.real_seconds
    often, moved_back = took["max_receives"], took["redriven"]
    cells: list[tuple[str, str, str]] = [
        ("memories", f"{took['memories']:,}", ""),
        ("receives", f"{took['receives']:,}", f"one message {often} ×" if often > 1 else ""),
        ("invocations", f"{took['invocations']:,}", _in_vain(took["failed_invocations"])),
        ("OpenAI calls", f"{took['openai_calls']:,}", _in_vain(took["failed_openai_calls"])),
        ("paid", spoken_seconds(took["billed_audio_seconds"]), f"of audio, {took['billed_tokens']:,} tokens"),
        ("dead letters", f"{took['dead_letters']:,}", f"{moved_back:,} moved back" if moved_back else ""),
        ("cold starts", f"{took['cold_starts']:,}", ""),
        ("virtual time", spoken_seconds(virtual), f"{ratio(virtual, real)} real time"),
    ]
    told = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(remark)}</small></dd></div>"
        for name, value, remark in cells
    )
    return f"<dl class='numbers'>{told}</dl>"


def _in_vain(count: float) -> str:
    return f"{count:,.0f} in vain" if count else ""


def _scenario(run: RunRecord, scenario: ScenarioRecord) -> str:
    source = f"<pre class='source'>{escape(scenario.source)}</pre>" if scenario.source else ""
    about = f"<p>{escape(scenario.about)}</p>" if scenario.about else ""
    return (
        "<div class='ways'><details class='scenario'><summary>The scenario, as it is written</summary>"
        f"{about}{source}</details>"
        f"<div class='replay'><span>Replay</span><code>{escape(run.replay(scenario.name))}</code>"
        "<button type='button' class='copy' hidden>copy</button></div></div>"
    )
