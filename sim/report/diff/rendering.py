"""A difference of two runs as text for the terminal, and as Markdown for the comment on a pull request."""

from collections.abc import Iterator
from typing import Any

from sim.picture.formatting import count_text, duration_text
from sim.report.diff.changes import Change, ChangedScenario, Difference
from sim.report.diff.summaries import Summary
from sim.report.markdown import plain

WIDTH = 30
MAX_ROWS = 100
SECONDS = ("virtual_seconds", "billed_audio_seconds")


def text_of(found: Difference) -> str:
    """For the terminal."""
    lines = [f"before  {_facts(found.before)}", f"after   {_facts(found.after)}"]
    lines += [f"note: {note}" for note in found.notes]
    lines += ["", headline(found)]
    for title, changes in (("settings", found.settings), ("all scenarios together", found.totals)):
        if changes:
            lines += ["", title, *(_line(each) for each in changes)]
    for scenario in found.changed:
        lines += ["", f"{scenario.title}  ({scenario.name})"]
        lines += [_line(each) for each in (*scenario.behaviour, *scenario.timing)]
        if scenario.reason:
            lines.append(f"  {_first_line(scenario.reason)}")
    if found.slower:
        lines += ["", "timing alone, which depends on the machine"]
        lines += [f"  {each.name}: {_in_a_line(each.timing)}" for each in found.slower]
    lists = (
        ("permissions used by the later run alone", found.permissions_added),
        ("permissions used by the earlier run alone", found.permissions_removed),
        ("scenarios of the later run alone", found.only_after),
        ("scenarios of the earlier run alone", found.only_before),
    )
    for title, entries in lists:
        if entries:
            lines += ["", title, *(f"  {each}" for each in entries)]
    return "\n".join(lines)


def headline(found: Difference) -> str:
    """The result in one sentence."""
    if found.is_empty:
        return f"no behaviour differs, in {count_text(found.compared, 'scenario')}"
    if not found.changed:
        return f"{count_text(found.compared, 'scenario')} of both runs behave alike, and the runs differ otherwise"
    return f"behaviour differs in {len(found.changed)} of {count_text(found.compared, 'scenario')}"


def markdown_of(found: Difference) -> str:
    """For the comment on a pull request, or for the page of a CI job."""
    return "\n".join(_markdown(found)) + "\n"


def _markdown(found: Difference) -> Iterator[str]:
    yield f"### Behaviour: {headline(found)}"
    yield ""
    yield f"before: {plain(_facts(found.before))}<br>after: {plain(_facts(found.after))}"
    for note in found.notes:
        yield f"\n> {plain(note)}"
    for title, changes in (("Settings", found.settings), ("All scenarios together", found.totals)):
        if changes:
            yield from ("", f"**{title}**", "", "| | before | after |", "|---|---:|---:|")
            yield from (_row(each) for each in changes)
    if found.changed:
        yield from ("", "| scenario | what | before | after |", "|---|---|---:|---:|")
        for scenario in found.changed[:MAX_ROWS]:
            yield from _rows(scenario)
        if len(found.changed) > MAX_ROWS:
            yield f"| and {len(found.changed) - MAX_ROWS} more scenarios | | | |"
    lists = (
        ("Permissions used by the later run alone", found.permissions_added),
        ("Permissions used by the earlier run alone", found.permissions_removed),
        ("Scenarios of the later run alone", found.only_after),
        ("Scenarios of the earlier run alone", found.only_before),
    )
    for title, entries in lists:
        if entries:
            yield from ("", f"**{title}**", "", *(f"- {plain(each)}" for each in entries[:MAX_ROWS]))
            if len(entries) > MAX_ROWS:
                yield f"- and {len(entries) - MAX_ROWS} more"
    if found.slower:
        yield f"\n{count_text(len(found.slower), 'scenario')} differ in timing alone, which depends on the machine."


def _rows(scenario: ChangedScenario) -> Iterator[str]:
    about = f"{plain(scenario.title)}<br><sub>{plain(scenario.name)}</sub>"
    for change in (*scenario.behaviour, *scenario.timing):
        yield f"| {about} | {plain(words_of(change.what))} | {_cell(change, 'before')} | {_cell(change, 'after')} |"
        about = ""
    if scenario.reason:
        yield f"| | {plain(_first_line(scenario.reason))} | | |"


def _row(change: Change) -> str:
    return f"| {plain(words_of(change.what))} | {_cell(change, 'before')} | {_cell(change, 'after')} |"


def _cell(change: Change, side: str) -> str:
    return plain(value_text(change.what, getattr(change, side)))


def _line(change: Change) -> str:
    before, after = (value_text(change.what, each) for each in (change.before, change.after))
    return f"  {words_of(change.what):{WIDTH}}{before} → {after}{_share(change)}"


def _in_a_line(changes: tuple[Change, ...]) -> str:
    return ", ".join(" ".join(_line(each).split()) for each in changes)


def _share(change: Change) -> str:
    """By how much a number grew: ` (+25 %)`."""
    numbers = [each for each in (change.before, change.after) if isinstance(each, int | float)]
    if len(numbers) < len((change.before, change.after)) or not change.before:
        return ""
    return f"  ({(change.after - change.before) / change.before:+.0%})".replace("%", " %")


def words_of(what: str) -> str:
    """The name of a figure as words: `openai_calls` → `OpenAI calls`."""
    return what.replace("_seconds", "").replace("_", " ").replace("openai", "OpenAI")


def value_text(what: str, value: Any) -> str:
    """A figure with its unit; `none` where a run does not have it."""
    if value is None:
        return "none"
    if what.endswith("_seconds") and isinstance(value, int | float):
        return duration_text(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _facts(summary: Summary) -> str:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in (summary.about("counts") or {}).items() if count)
    facts = [f"{key} {value}" for key in ("engine", "seed", "commit") if (value := summary.about(key)) is not None]
    return " · ".join([summary.name, *facts, counts or "no scenario"])


def _first_line(reason: str) -> str:
    return next((line.strip() for line in reason.splitlines() if line.strip()), "")
