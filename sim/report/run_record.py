"""A whole run, as its journal tells it: what was claimed, what became of it, and what it took."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Any

from sim.journal.reading import Line, ReadJournal, read_journal
from sim.report.timeline.picture import Picture
from sim.report.timeline.renderer import picture_of
from sim.report.verdicts import FAILED, INCONCLUSIVE, PASSED, SKIPPED

NOT_ITS_OWN = ("scenario_started", "verdict", "openai_request", "memory", "permissions")
"""Lines about a scenario that were not written while its scenario went on."""

UNFINISHED = "unfinished"
"""The run ended before the scenario did."""

COMMAND = "tox -e scenarios --"
"""What plays scenarios in this repository; a run of other scenarios says its own."""

VERDICTS = (FAILED, INCONCLUSIVE, UNFINISHED, PASSED, SKIPPED)
"""In the order of who wants to be looked at first."""


@dataclass(frozen=True)
class ScenarioRecord:
    """One scenario; `lines` are all of its events in the order of the world's time."""

    name: str
    claim: str
    about: str
    verdict: str
    reason: str
    source: str
    lines: list[Line] = field(repr=False)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    test_seconds: float = 0.0

    @property
    def folder(self) -> str:
        """The kind of trouble, as its folder says it: `queue trouble`."""
        path = self.name.partition("::")[0]
        return spelled(path.rpartition("/")[0].replace("_", " ")) or "scenarios"

    @property
    def title(self) -> str:
        """The test's name as words."""
        words = spelled(self.name.rpartition("::")[2].removeprefix("test_").replace("_", " "))
        words, bracket, case = words.partition("[")
        return words[:1].upper() + words[1:] + (f" ({case.removesuffix(']')})" if bracket else "")

    @cached_property
    def picture(self) -> Picture:
        return picture_of(self.lines)

    @cached_property
    def window(self) -> tuple[Line, Line] | None:
        """First and last event of the scenario itself: not building its pipeline, nor copying the records
        afterwards."""
        own = [line for line in self.lines if line.kind not in NOT_ITS_OWN]
        return (own[0], own[-1]) if own else None

    @property
    def virtual_seconds(self) -> float:
        """How long it lasted in the world's time."""
        return self.window[1].virtual_at - self.window[0].virtual_at if self.window else 0.0

    @property
    def real_seconds(self) -> float:
        """How long one had to wait for it."""
        return max(0.0, self.window[1].at - self.window[0].at) if self.window else 0.0


@dataclass(frozen=True)
class RunRecord:
    """One run. `finished` is False when it was killed."""

    name: str
    about: Mapping[str, Any]
    scenarios: list[ScenarioRecord]
    finished: bool
    real_seconds: float
    unreadable: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many scenarios have each verdict; those that occur."""
        found = [scenario.verdict for scenario in self.scenarios]
        return {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found}

    @property
    def ordered(self) -> list[ScenarioRecord]:
        """All scenarios, those first that want to be looked at."""
        return sorted(self.scenarios, key=lambda each: (_rank(each.verdict), each.name))

    @property
    def virtual_seconds(self) -> float:
        return sum(scenario.virtual_seconds for scenario in self.scenarios)

    @property
    def seed(self) -> int | None:
        seed = self.about.get("seed")
        return seed if isinstance(seed, int) else None

    def replay(self, scenario: str) -> str:
        """The command that plays one scenario again with the same chances."""
        command, options = (str(self.about.get(name) or "") for name in ("command", "options"))
        return replay_command(scenario, self.seed, command or COMMAND, options)


def replay_command(scenario: str, seed: int | None, command: str, options: str) -> str:
    """The command line, for a shell; `options` are those of the run that are not the usual ones."""
    parts = [command, quote(scenario), "" if seed is None else f"--seed {seed}", options]
    return " ".join(part for part in parts if part)


def read_run(folder: Path) -> RunRecord:
    """Read the run that left its journal in the folder. Raises NoJournal."""
    return run_of(read_journal(folder), folder.resolve().name)


def run_of(journal: ReadJournal, name: str = "run") -> RunRecord:
    by_scenario: dict[str, list[Line]] = defaultdict(list)
    started: Line | None = None
    ended: Line | None = None
    for line in journal.lines:
        if line.scenario is not None:
            by_scenario[line.scenario].append(line)
        elif line.kind == "run_started":
            started = started or line
        elif line.kind == "run_ended":
            ended = line
    moments = [line.at for line in journal.lines]
    return RunRecord(
        name=name,
        about=started.fields if started else {},
        scenarios=[_scenario(name, lines) for name, lines in by_scenario.items()],
        finished=ended is not None,
        real_seconds=max(moments) - min(moments) if moments else 0.0,
        unreadable=journal.unreadable,
    )


def _scenario(name: str, lines: list[Line]) -> ScenarioRecord:
    started = next((line for line in lines if line.kind == "scenario_started"), None)
    verdicts = [line for line in lines if line.kind == "verdict"]
    verdict = verdicts[-1] if verdicts else None
    outcomes = verdict.fields.get("outcomes") if verdict else None
    ended = next((line.number for line in lines if line.kind == "scenario_ended"), None)
    if ended is not None:  # what the emulator tells afterwards is its pipeline being taken down
        lines = [line for line in lines if line.number <= ended or line.kind == "verdict"]
    return ScenarioRecord(
        name=name,
        claim=(verdict.text("claim") if verdict else "") or (started.text("claim") if started else "") or "no claim",
        about=started.text("about") if started else "",
        verdict=verdict.text("verdict") if verdict else UNFINISHED,
        reason=verdict.text("reason") if verdict else "",
        source=started.text("source") if started else "",
        lines=lines,
        outcomes=outcomes if isinstance(outcomes, dict) else {},
        test_seconds=verdict.number_of("test_seconds") if verdict else 0.0,
    )


def _rank(verdict: str) -> int:
    return VERDICTS.index(verdict) if verdict in VERDICTS else 0


def amplification(scenario: ScenarioRecord) -> dict[str, int | float]:
    """What it took, counted from the events: calls, receives, retries, starts, and what was paid."""
    lines = scenario.lines
    sqs = [line for line in lines if line.kind == "sqs"]
    jobs = [line for line in sqs if not line.text("queue").endswith("dead-letters")]
    calls = [line for line in lines if line.kind == "openai_request"]
    runs = [line for line in lines if line.kind == "lambda" and line.fields.get("message_ids")]
    memories = [line for line in lines if line.kind == "memory"]
    received = [line for line in jobs if line.text("event") == "received"]
    return {
        "memories": len(memories) or sum(subject.kind == "memory" for subject in scenario.picture.subjects.values()),
        "receives": len(received),
        "max_receives": int(max((line.number_of("receive_count") for line in received), default=0)),
        "dead_letters": sum(line.text("event") == "dead_lettered" for line in sqs),
        "redriven": sum(line.text("event") == "redriven" for line in sqs),
        "invocations": sum(line.text("event") == "started" for line in runs),
        "failed_invocations": sum(line.text("event") == "ended" and line.text("outcome") != "success" for line in runs),
        "cold_starts": sum(bool(line.fields.get("cold_start")) for line in runs),
        "openai_calls": len(calls),
        "failed_openai_calls": sum(_in_vain(line) for line in calls),
        "billed_audio_seconds": sum(line.number_of("billed_seconds") for line in calls),
        "billed_tokens": int(
            sum(line.number_of("billed_prompt_tokens") + line.number_of("billed_completion_tokens") for line in calls)
        ),
        "fault_triggers": int(sum(line.number_of("times_triggered") for line in lines if line.kind == "fault_ended")),
    }


def _in_vain(line: Line) -> bool:
    return line.fields.get("status_code") != 200 or line.text("outcome") != "answered" or bool(line.text("effect"))


def spelled(words: str) -> str:
    """Names as they are written, where a file or function could only have them in small letters."""
    for name in ("SQS", "S3", "API", "DLQ", "OpenAI", "Postgres", "IAM"):
        words = re.sub(rf"\b{name}\b", name, words, flags=re.IGNORECASE)
    return words


def headline_of(reason: str) -> str:
    """The sentence in a failure's text that says what went wrong: pytest marks it with an E."""
    marked = [line[1:].strip() for line in reason.splitlines() if line.startswith("E ")]
    lines = marked or [line.strip() for line in reason.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    kind, _, rest = first.partition(": ")
    bare = rest and " " not in kind and kind.rpartition(".")[2][:1].isupper()
    return (rest if bare else first)[:400]
