"""A day of weather: faults of every family come and go while people go on recording.

Everything is drawn from one seed. Some families stay away for the day, so that rare combinations of the others happen;
faults of one family follow each other, faults of several families overlap.
"""

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

from sim import faults, recordings
from sim.clock.durations import hours, minutes, spoken
from sim.clock.seeds import seed_for
from sim.faults import Fault

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

KINDS: dict[str, Sequence[Callable[[], Fault[Any]]]] = {
    # Nothing here fails a recording for good, and nothing makes OpenAI bill an answer that never arrives.
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
    "queue": (faults.queue.down, faults.queue.throttled, faults.queue.send_answer_lost),
    "storage": (faults.storage.down, faults.storage.get_fails, faults.storage.put_fails),
    "worker": (faults.worker.throttled, lambda: faults.worker.killed_during("analysis")),
    "database": (faults.database.connections_cut, lambda: faults.database.restarted()),
    "network": (lambda: faults.network.latency(0.02),),
}
STAYS_AWAY = 0.25
GUSTS_A_DAY = (1, 3)
GUST_LASTS = (minutes(3), minutes(90))
TRIES_AGAIN_AFTER = minutes(7)
"""What an app does about a 503: wait, and send the same recording under the same idempotency key."""


@dataclass(frozen=True)
class Gust:
    """One fault and when it blows, from the day's beginning."""

    fault: Fault[Any]
    begins: timedelta
    ends: timedelta

    def __str__(self) -> str:
        return f"{spoken(self.begins)} to {spoken(self.ends)}: {self.fault.describe()}"


def forecast(seed: int, day: timedelta) -> list[Gust]:
    """The gusts of a day. The same seed, the same day."""
    chance = random.Random(seed)
    gusts: list[Gust] = []
    for kinds in KINDS.values():
        if chance.random() < STAYS_AWAY:
            continue
        over = timedelta()
        for _ in range(chance.randint(*GUSTS_A_DAY)):
            begins = over + chance.random() * (day - over) / 2
            ends = begins + chance.uniform(0, 1) ** 2 * (GUST_LASTS[1] - GUST_LASTS[0]) + GUST_LASTS[0]
            if ends > day:
                break
            gusts.append(Gust(chance.choice(kinds)(), begins, ends))
            over = ends
    return sorted(gusts, key=lambda gust: gust.begins)


@dataclass
class Day:
    """One day passing over a simulation; each number is another day."""

    sim: "Simulation"
    number: int
    lasts: timedelta = field(default_factory=lambda: hours(24))
    refused: int = 0
    """Uploads that were answered with something else than 202 and tried again."""

    def pass_over(self, count_of_recordings: int) -> None:
        """Let people record so many times, spread over the day and the tenants, through whatever the weather does.

        Nobody gives up: an upload that is refused is tried again, under its key, until it is accepted.
        """
        agenda = _Agenda()
        seed = seed_for(self.sim.seed, f"day {self.number}")
        chance = random.Random(seed)
        with ExitStack() as weather:
            for gust in forecast(seed, self.lasts):
                self.sim.journal.write("weather_fault_planned", fault=str(gust))
                agenda.at(gust.begins, lambda gust=gust: self._blow(gust, weather, agenda))  # type: ignore[misc]
            for number, recording in enumerate(recordings.pick(count_of_recordings, seed)):
                audio = recordings.variant(recording, number)
                tenant = chance.choice(self.sim.api.tenants)
                upload = self._uploading(audio, tenant, f"day-{number}", agenda)
                agenda.at(chance.random() * self.lasts, upload)
            self._live_through(agenda)

    def _live_through(self, agenda: "_Agenda") -> None:
        now = timedelta()
        while (entry := agenda.next()) is not None:
            at, act = entry
            if at > now:
                self.sim.run_for(at - now)
                now = at
            agenda.now = now
            act()

    def _blow(self, gust: Gust, weather: ExitStack, agenda: "_Agenda") -> None:
        blowing = weather.enter_context(ExitStack())
        blowing.enter_context(self.sim.fault(gust.fault, allow_untriggered=True))
        agenda.at(gust.ends, blowing.close)

    def _uploading(self, audio: bytes, tenant: str, key: str, agenda: "_Agenda") -> Callable[[], None]:
        def upload() -> None:
            if not self.sim.api.accepts(audio, tenant, key):
                self.refused += 1
                agenda.at(agenda.now + TRIES_AGAIN_AFTER, upload)

        return upload


class _Agenda:
    """What is to be done when, in order; what is due at the same moment in the order it was entered."""

    def __init__(self) -> None:
        self.now = timedelta()
        self._entries: list[tuple[timedelta, int, Callable[[], object]]] = []
        self._numbers = count()

    def at(self, moment: timedelta, act: Callable[[], object]) -> None:
        heappush(self._entries, (moment, next(self._numbers), act))

    def next(self) -> tuple[timedelta, Callable[[], object]] | None:
        if not self._entries:
            return None
        moment, _, act = heappop(self._entries)
        return moment, act
