"""Runs an incident: its faults come and go while clients record at a realistic rate, and reports what became of it."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from sim import recordings
from sim.clock.durations import hours, minutes
from sim.clock.seeds import seed_for
from sim.scenario.agenda import Agenda
from sim.scenario.incidents.timeline import Incident

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

BEFORE = minutes(30)
"""Of usual load, before the incident begins."""
AFTER = minutes(30)
"""Of usual load, after it has ended."""
PER_HOUR = 60
PEAK = (hours(1), hours(2))
"""From when to when after its beginning the morning's peak lasts."""
PEAK_FACTOR = 2.0
FIRST_RETRY, LONGEST_RETRY = minutes(10), minutes(60)
"""What a client does after a 503 or without an answer: wait, each time twice as long, and send again under the same
idempotency key."""
LONGEST_RECOVERY = hours(30)


@dataclass(frozen=True)
class IncidentReport:
    """What became of the recordings. Times in seconds; lateness is the time from the acceptance of a recording."""

    recordings: int
    refused_uploads: int
    """Answers of 503 and connections without an answer; their clients sent again."""
    longest_refusal_seconds: float
    """From a client's first try to the acceptance."""
    transcript_p50_seconds: float
    transcript_p95_seconds: float
    transcript_longest_seconds: float
    complete_p50_seconds: float
    complete_p95_seconds: float
    complete_longest_seconds: float
    dead_letters: int
    operator_was_needed: bool
    all_well_after_seconds: float
    """From the end of the incident until the last recording was complete; 0: before it ended."""
    openai_calls: int
    openai_calls_of_a_quiet_day: int
    billed_audio_seconds: float
    billed_audio_seconds_of_a_quiet_day: float


class _Run:
    def __init__(self, sim: "Simulation", incident: Incident) -> None:
        self._sim = sim
        self._incident = incident
        self._seed = seed_for(sim.seed, incident.name)
        self._random = random.Random(self._seed)
        self._agenda = Agenda(sim)
        self._refused = 0
        self._longest_refusal = timedelta()
        self._count = 0

    def report(self) -> IncidentReport:
        sim, incident = self._sim, self._incident
        began = sim.clock.now()
        for number, phase in enumerate(incident.phases):
            for fault in phase.made_faults(self._seed + number):
                self._agenda.fault(fault, BEFORE + phase.begins, BEFORE + phase.ends)
        self._plan_uploads()
        self._agenda.work_through()
        sim.run_until(sim.everything_is_done, within=LONGEST_RECOVERY)
        dead_letters = sim.queue.dead_letter_count()
        if dead_letters:
            sim.operator.redrive()
        sim.run_until(sim.everything_is_complete, within=LONGEST_RECOVERY)
        report = self._report(began + BEFORE + incident.lasts, dead_letters)
        sim.journal.write("incident_ended", incident=incident.as_json(), report=asdict(report))
        return report

    def _plan_uploads(self) -> None:
        lasts = BEFORE + self._incident.lasts + AFTER
        times = arrivals(self._random, lasts)
        self._count = len(times)
        for number, (time, recording) in enumerate(zip(times, recordings.pick(len(times), self._seed), strict=True)):
            audio = recordings.variant(recording, number)
            tenant = self._random.choice(self._sim.api.tenants)
            self._agenda.at(time, self._upload(audio, tenant, f"{self._incident.name}-{number}", time))

    def _upload(self, audio: bytes, tenant: str, key: str, first_try: timedelta) -> Callable[[], None]:
        waits = retry_waits()

        def upload() -> None:
            if self._sim.api.try_upload(audio, tenant, key):
                self._longest_refusal = max(self._longest_refusal, self._agenda.now - first_try)
            else:
                self._refused += 1
                self._agenda.at(self._agenda.now + next(waits), upload)

        return upload

    def _report(self, ended: datetime, dead_letters: int) -> IncidentReport:
        rows = list(self._sim.pipeline.ledger.memories().values())
        transcript = [_seconds(row, "transcribed_at") for row in rows]
        complete = [_seconds(row, "completed_at") for row in rows]
        calls = self._sim.openai.all_calls()
        billed = sum(float(call.get("billed_seconds") or 0) for call in calls)
        return IncidentReport(
            recordings=self._count,
            refused_uploads=self._refused,
            longest_refusal_seconds=self._longest_refusal.total_seconds(),
            transcript_p50_seconds=percentile(transcript, 50),
            transcript_p95_seconds=percentile(transcript, 95),
            transcript_longest_seconds=max(transcript),
            complete_p50_seconds=percentile(complete, 50),
            complete_p95_seconds=percentile(complete, 95),
            complete_longest_seconds=max(complete),
            dead_letters=dead_letters,
            operator_was_needed=dead_letters > 0,
            all_well_after_seconds=max(0.0, max((row["completed_at"] - ended).total_seconds() for row in rows)),
            openai_calls=len(calls),
            openai_calls_of_a_quiet_day=2 * len(rows),
            billed_audio_seconds=billed,
            billed_audio_seconds_of_a_quiet_day=sum(float(row["billed_seconds"] or 0) for row in rows),
        )


def run(sim: "Simulation", incident: Incident) -> IncidentReport:
    """Run the incident under usual load until every recording is complete; dead letters are redriven once.

    Raises WaitTimeout when a recording is not complete 30 hours after the incident.
    """
    return _Run(sim, incident).report()


def retry_waits() -> Iterator[timedelta]:
    """How long a client waits before each of its further tries."""
    wait = FIRST_RETRY
    while True:
        yield wait
        wait = min(2 * wait, LONGEST_RETRY)


def arrivals(rng: random.Random, lasts: timedelta, per_hour: float = PER_HOUR) -> list[timedelta]:
    """Times of uploads, in order: a Poisson process at `per_hour`, twice that in the peak."""
    at, times = timedelta(), []
    fastest = per_hour * PEAK_FACTOR
    while (at := at + timedelta(hours=rng.expovariate(fastest))) < lasts:
        share = 1.0 if PEAK[0] <= at < PEAK[1] else 1 / PEAK_FACTOR
        if rng.random() < share:
            times.append(at)
    return times


def percentile(values: Sequence[float], percent: int) -> float:
    """Of one value, that value."""
    return values[0] if len(values) == 1 else quantiles(values, n=100, method="inclusive")[percent - 1]


def _seconds(row: dict[str, Any], until: str) -> float:
    return float((row[until] - row["created_at"]).total_seconds())
