"""`rawk-sim incidents`: the page about the outages that really happened, from a run of their scenarios."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.journal.reading import NoJournal
from sim.picture.formatting import count_text, duration_text
from sim.report.run_record import RunRecord, ScenarioRecord, read_run

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

LATEST = Path(".sim/latest")
PAGE = Path("docs/incidents.md")
KIND = "incident_ended"

ABOUT = (
    "Write the page about the outages that really happened, from a run of their scenarios: `tox -e incidents`. For "
    "each it says what clients saw, what waited, what needed an operator, when all was well again, and what it cost."
)

HEAD = """\
# Outages that really happened

The scenarios in `scenarios/incidents` run the timelines of real outages against the pipeline with production's limits:
sixty recordings an hour of three tenants, twice as many in the second hour, from half an hour before the outage until
half an hour after it. A client that is refused waits ten minutes, then twice as long each time up to an hour, and sends
again. `tox -e incidents` runs them all; `tox -e sim -- incidents --write` then wrote this page{about}.
"""


def add_to(commands: Commands) -> None:
    added = commands.add_parser("incidents", help=ABOUT.partition(". ")[0].partition(":")[0], description=ABOUT)
    added.add_argument(
        "run_folder", type=Path, nargs="?", default=LATEST, help="the folder of a run (default: %(default)s)"
    )
    added.add_argument("--write", action="store_true", help=f"write {PAGE} instead of printing it")
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Raises NoJournal when no scenario of the run is about an incident."""
    text = page(read_run(parsed.run_folder))
    if parsed.write:
        PAGE.write_text(text, encoding="utf-8")
        print(PAGE)
    else:
        print(text, end="")
    return 0


def page(record: RunRecord) -> str:
    """The page in Markdown. Raises NoJournal."""
    ended = [
        (scenario, line.fields)
        for scenario in sorted(record.scenarios, key=lambda each: each.name)
        for line in scenario.lines
        if line.kind == KIND
    ]
    if not ended:
        raise NoJournal(f"no scenario of {record.name} ran an incident: run `tox -e incidents` first")
    commit = record.about.get("commit")
    about = f", from commit `{commit}` and seed {record.seed}" if commit else ""
    parts = [HEAD.format(about=about)]
    parts += ["\n".join(_section(scenario, fields["incident"], fields["report"])) for scenario, fields in ended]
    return "\n".join(parts)


def _section(scenario: ScenarioRecord, incident: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {incident['title']}"
    yield ""
    yield f"It began at {incident['began']} ([source]({incident['source']})). {_assumed(incident['assumed'])}"
    yield ""
    yield from ("| from | to | what happened |", "|---:|---:|---|")
    for phase in incident["phases"]:
        yield f"| {_clock(phase['begins'])} | {_clock(phase['ends'])} | {phase['what']} |"
    yield ""
    yield f"{scenario.claim} *{scenario.verdict}*: `{scenario.name}`"
    yield ""
    yield from ("| | |", "|---|---|")
    for name, value in _rows(report):
        yield f"| {name} | {value} |"
    yield ""


def _rows(report: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    refused = report["refused_uploads"]
    waited = duration_text(report["longest_refusal_seconds"])
    yield "recordings", f"{report['recordings']}, all complete in the end"
    yield "what clients saw", f"{count_text(refused, 'refusal')}, at most {waited} until accepted" if refused else "202"
    for what in ("transcript", "complete"):
        times = [duration_text(report[f"{what}_{each}_seconds"]) for each in ("p50", "p95", "longest")]
        yield f"{what} after", f"half within {times[0]}, 95 % within {times[1]}, the last after {times[2]}"
    yield "dead letters", str(report["dead_letters"] or "none")
    yield "operator", "one redrive" if report["operator_was_needed"] else "not needed"
    well = report["all_well_after_seconds"]
    yield "all complete", f"{duration_text(well)} after the end of the outage" if well else "before the outage ended"
    calls, quiet = report["openai_calls"], report["openai_calls_of_a_quiet_day"]
    yield "calls of OpenAI", f"{calls:,}; on a quiet day {quiet:,}"
    billed, usual = report["billed_audio_seconds"], report["billed_audio_seconds_of_a_quiet_day"]
    yield "audio that OpenAI billed", f"{duration_text(billed)}; on a quiet day {duration_text(usual)}"


def _assumed(assumed: Iterable[str]) -> str:
    return f"Assumed, because the source is silent: {'; '.join(assumed)}." if assumed else ""


def _clock(seconds: float) -> str:
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours}:{minutes:02}"
