"""A day of weather: random faults of every family, while clients of all tenants keep recording.

One seed decides everything. Some families are absent on a day, so that rare combinations of the others occur. Faults of
one family never overlap, faults of different families may.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sim import faults, recordings
from sim.clock.durations import hours, minutes, spoken
from sim.clock.seeds import seed_for
from sim.faults import Fault
from sim.scenario.agenda import Agenda

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

FAULTS_BY_FAMILY: dict[str, Sequence[Callable[[], Fault[Any]]]] = {
    # None of these fails a recording for good, and none makes OpenAI bill a response that never arrives.
    "openai": (
        faults.openai.down,
        lambda: faults.openai.down(endpoint="chat"),
        lambda: faults.openai.errors(status=500),
        lambda: faults.openai.rate_limited(retry_after_seconds=20),
        faults.openai.quota_exhausted,
        faults.openai.refused,
        faults.openai.hanging,
        lambda: faults.openai.slow(30),
        lambda: faults.openai.bad_analysis("schema_breaking"),
        lambda: faults.openai.retired_model(endpoint="chat"),
    ),
    "queue": (faults.queue.down, faults.queue.throttled, faults.queue.send_response_lost),
    "storage": (faults.storage.down, faults.storage.get_fails, faults.storage.put_fails),
    "worker": (faults.worker.throttled, lambda: faults.worker.killed_during("analysis")),
    "database": (faults.database.connections_cut, lambda: faults.database.restarted()),
    "network": (lambda: faults.network.latency(0.02),),
}
ABSENCE_PROBABILITY = 0.25
"""Of each family, for a whole day."""
FAULTS_PER_FAMILY = (1, 3)
SHORTEST, LONGEST = minutes(3), minutes(90)
RETRY_AFTER = minutes(7)
"""What a client does after a 503: wait, and send the same recording under the same idempotency key."""


@dataclass(frozen=True)
class PlannedFault:
    """One fault of a day, and its beginning and end since the day's beginning."""

    fault: Fault[Any]
    begins: timedelta
    ends: timedelta

    def __str__(self) -> str:
        return f"{spoken(self.begins)} to {spoken(self.ends)}: {self.fault.describe()}"


def forecast(seed: int, day: timedelta) -> list[PlannedFault]:
    """The faults of a day, in the order in which they begin. The same seed gives the same day."""
    rng = random.Random(seed)
    planned: list[PlannedFault] = []
    for make_faults in FAULTS_BY_FAMILY.values():
        if rng.random() < ABSENCE_PROBABILITY:
            continue
        free_from = timedelta()
        for _ in range(rng.randint(*FAULTS_PER_FAMILY)):
            begins = free_from + rng.random() * (day - free_from) / 2
            ends = begins + rng.uniform(0, 1) ** 2 * (LONGEST - SHORTEST) + SHORTEST
            if ends > day:
                break
            planned.append(PlannedFault(rng.choice(make_faults)(), begins, ends))
            free_from = ends
    return sorted(planned, key=lambda each: each.begins)


@dataclass
class Day:
    """One day of weather in a simulation. Each `number` is a different day."""

    sim: "Simulation"
    number: int
    lasts: timedelta = field(default_factory=lambda: hours(24))
    refused_uploads: int = 0
    """Uploads that were answered with another status than 202, and retried."""

    def run(self, recording_count: int) -> None:
        """Upload so many recordings, spread over the day and the tenants, while the day's faults come and go.

        Clients never give up: an upload that is refused is retried under its idempotency key until it is accepted.
        """
        agenda = Agenda(self.sim)
        seed = seed_for(self.sim.seed, f"day {self.number}")
        rng = random.Random(seed)
        for planned in forecast(seed, self.lasts):
            self.sim.journal.write("weather_fault_planned", fault=str(planned))
            agenda.fault(planned.fault, planned.begins, planned.ends)
        for number, recording in enumerate(recordings.pick(recording_count, seed)):
            audio = recordings.variant(recording, number)
            tenant = rng.choice(self.sim.api.tenants)
            upload = self._upload(audio, tenant, f"day-{number}", agenda)
            agenda.at(rng.random() * self.lasts, upload)
        agenda.work_through()

    def _upload(self, audio: bytes, tenant: str, key: str, agenda: Agenda) -> Callable[[], None]:
        def upload() -> None:
            if not self.sim.api.try_upload(audio, tenant, key):
                self.refused_uploads += 1
                agenda.at(agenda.now + RETRY_AFTER, upload)

        return upload
