"""One run of the demo: a pipeline from its start to its end, with its feed, its clock and its faults."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from sim import recordings
from sim.clock.clocks import SimulationClock, VirtualClock
from sim.demo.click_log import ClickLog
from sim.demo.errors import BadArguments
from sim.demo.feed.cost import Cost, list_prices
from sim.demo.feed.database import CopiedServer
from sim.demo.feed.due_messages import DueMessages
from sim.demo.feed.idle_runs import IdleRuns
from sim.demo.feed.live import LiveFeed
from sim.demo.feed.tally import Tally
from sim.demo.pacing import Pacing
from sim.demo.switches import SwitchBoard
from sim.engines.base.running_pipeline import RunningPipeline
from sim.journal.journal import Journal
from sim.journal.reading import JournalTail, Line
from sim.picture.feed import Feed
from sim.recordings import Recording
from sim.scenario.services import MAY_BE_DOWN
from sim.scenario.simulation import Simulation

type FeedEvent = dict[str, Any]


@dataclass(frozen=True)
class Take:
    """A sample as one client uploads it."""

    recording: Recording
    audio: bytes
    title: str
    size_bytes: int | None = None
    """That of an enlarged one."""


class Run:
    """Owned by the conductor's thread. Uploads and commands of other threads go through `simulation.api`."""

    def __init__(self, run_id: str, simulation: Simulation, clock: VirtualClock, now: Callable[[], float]) -> None:
        """`now` is the machine's time in seconds since 1970."""
        self.id = run_id
        self.simulation = simulation
        self.clock = clock
        self.pacing = Pacing(clock)
        self._journal = simulation.journal
        self._tail = JournalTail(self._journal.path, self._journal.begin)
        self._began = self.pacing.now
        self.start = min((line.virtual_at for line in self._lines()), default=self._began)
        """Virtual time of the feed's zero: that of the report, the first event after the pipeline's name."""
        simulation.record.start = self.start  # one violation has one time, in the picture and in a verdict
        self.board = SwitchBoard(simulation)
        self.clicks = ClickLog(lambda: self.pacing.now - self.start)
        self.feed_events: list[FeedEvent] = []
        self.tally = Tally()
        self._idle_runs = IdleRuns()
        self.cost = Cost(list_prices())
        self.titles: dict[str, str] = {}
        """What viewers call a recording, by its id. The events would call all takes of a sample the same."""
        self.requests_open = 0
        """Uploads and commands of viewers that are under way."""
        self.alarm_is_on = False
        self.dead_letters = 0
        self._feed = Feed(self.start)
        self._live = LiveFeed(self._new_lines, self._copy, self._feed, clock.virtual_at, now)
        database = simulation.pipeline.database
        database.server = CopiedServer(database, self._live.copy_all)
        self._due_messages = DueMessages()
        self._takes: Counter[str] = Counter()
        self._taking = threading.Lock()

    def tick(self) -> list[FeedEvent]:
        """Let time pass for a moment; returns what has happened meanwhile, as far as it is certain."""
        self.pacing.tick(may_hold=not self.requests_open)
        return self.pump()

    def pump(self) -> list[FeedEvent]:
        """What has happened since the last call, as far as it is certain."""
        events = self._numbered([self._titled(event) for event in self._live.pump()])
        self._due_messages.take(events)
        self.tally.take(events)
        return events

    def look(self) -> None:
        """Ask for what the state shows and no event says. A part that does not answer keeps its last value."""
        try:
            self.board.count()
            self.alarm_is_on = self.simulation.operator.alarm_is_on()
            self.dead_letters = self.simulation.queue.dead_letter_count()
        except MAY_BE_DOWN:
            return

    def next_event(self) -> float | None:
        """When something is due next that a recording waits for, or else the relay; in virtual seconds since 1970."""
        message_due = self._due_messages.next_due()
        answer_due = self.simulation.pipeline.openai.server.clock()["next_due"]
        due = [*([] if message_due is None else [self.start + message_due]), *([] if not answer_due else [answer_due])]
        return min((each for each in due if each > self.pacing.now), default=self.pacing.next_due)

    def next_take(self, recording: Recording, size_bytes: int | None = None) -> Take:
        """Every upload of a sample is another take: other bytes, other words, and another title.

        Raises BadArguments if the file cannot have that size.
        """
        with self._taking:
            self._takes[recording.name] += 1
            number = self._takes[recording.name]
        title = recording.name.replace("-", " ").capitalize()
        title = title if number == 1 else f"{title} {number}"
        if size_bytes is None:
            return Take(recording, recordings.variant(recording, number), title)
        try:
            size_bytes += 2 * number
            return Take(recording, recordings.enlarged(recording, size_bytes), title, size_bytes)
        except ValueError as error:
            raise BadArguments(str(error)) from error

    def memories(self) -> dict[str, Any]:
        """Every recording as the API gives it; without those that it does not give now."""
        found: dict[str, Any] = {}
        for accepted in self.simulation.api.accepted:
            with suppress(httpx.TransportError):
                answer = self.simulation.api.get_memory(accepted.memory_id, accepted.tenant)
                if answer.status_code == httpx.codes.OK:
                    found[accepted.memory_id] = answer.json()
        return found

    def close(self) -> None:
        """Switch the faults off, and close the connections of the clients."""
        try:
            self.board.all_off()
        finally:
            self.simulation.close()

    def announce(self, kind: str, **fields: Any) -> list[FeedEvent]:
        """An event that is no line of the journal: a lesson's step, a result of the invariants."""
        return self._numbered([{"kind": kind, "at": round(self.pacing.now - self.start, 3), **fields}])

    def _numbered(self, events: list[FeedEvent]) -> list[FeedEvent]:
        folded = self._idle_runs.fold(events)
        numbered = [{"n": 0, **event} | {"n": number} for number, event in enumerate(folded, len(self.feed_events) + 1)]
        self.feed_events += numbered
        return numbered

    def _titled(self, event: FeedEvent) -> FeedEvent:
        title = self.titles.get(event["id"]) if event["kind"] == "subject" and "title" in event else None
        return event if title is None else {**event, "title": title}

    def _new_lines(self) -> list[Line]:
        """Those that happened since the pipeline was complete."""
        lines = [line for line in self._lines() if line.virtual_at >= self._began]
        self.cost.take(lines)
        return lines

    def _lines(self) -> list[Line]:
        scenario = self._journal.scenario
        return [line for line in self._tail.read() if line.scenario == scenario and line.kind != "scenario_started"]

    def _copy(self) -> bool:
        record = self.simulation.record
        try:
            record.copy_openai_requests()
            record.copy_commits()
        except MAY_BE_DOWN:
            return False
        return True


def new_run(
    run_id: str,
    pipeline: RunningPipeline,
    journal: Journal,
    clock: VirtualClock,
    seed: int,
    shown: SimulationClock | None = None,
) -> Run:
    """A run of a pipeline that has started. `shown` is the clock of its simulation, if that is another one."""
    return Run(run_id, Simulation(pipeline, shown or clock, journal, seed), clock, time.time)
