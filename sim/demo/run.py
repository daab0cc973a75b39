"""One run of the demo: a pipeline from its start to its end, with its feed, its clock and its faults."""

from collections.abc import Callable
from typing import Any

from sim.clock.clocks import VirtualClock
from sim.demo.click_log import ClickLog
from sim.demo.due_messages import DueMessages
from sim.demo.live_feed import LiveFeed
from sim.demo.pacing import Pacing
from sim.demo.switches import SwitchBoard
from sim.engines.base.running_pipeline import RunningPipeline
from sim.journal.journal import Journal
from sim.journal.reading import JournalTail, Line
from sim.picture.feed import Feed
from sim.scenario.services import MAY_BE_DOWN
from sim.scenario.simulation import Simulation

type FeedEvent = dict[str, Any]


class Run:
    """Owned by the conductor's thread. Uploads and commands of other threads go through `simulation.api`."""

    def __init__(self, run_id: str, simulation: Simulation, clock: VirtualClock, now: Callable[[], float]) -> None:
        """`now` is the machine's time in seconds since 1970."""
        self.id = run_id
        self.simulation = simulation
        self.clock = clock
        self.pacing = Pacing(clock)
        self.start = self.pacing.now
        """Virtual time of the feed's zero."""
        self.board = SwitchBoard(simulation)
        self.clicks = ClickLog(lambda: self.pacing.now - self.start)
        self.feed_events: list[FeedEvent] = []
        self.requests_open = 0
        """Uploads and commands of viewers that are under way."""
        self.alarm_is_on = False
        self.dead_letters = 0
        self._journal = simulation.journal
        self._tail = JournalTail(self._journal.path, self._journal.begin)
        self._feed = Feed(self.start)
        self._live = LiveFeed(self._new_lines, self._copy, self._feed, clock.virtual_at, now)
        self._due_messages = DueMessages()

    def tick(self) -> list[FeedEvent]:
        """Let time pass for a moment; returns what has happened meanwhile, as far as it is certain."""
        self.pacing.tick(may_hold=not self.requests_open)
        return self.pump()

    def pump(self) -> list[FeedEvent]:
        """What has happened since the last call, as far as it is certain."""
        events = self._numbered(self._live.pump())
        self._due_messages.take(events)
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
        numbered = [{**event, "n": number} for number, event in enumerate(events, len(self.feed_events) + 1)]
        self.feed_events += numbered
        return numbered

    def _new_lines(self) -> list[Line]:
        """Those of this run, without what happened while its pipeline was built."""
        lines, scenario = self._tail.read(), self._journal.scenario
        return [line for line in lines if line.scenario == scenario and line.virtual_at >= self.start]

    def _copy(self) -> bool:
        record = self.simulation.record
        try:
            record.copy_openai_requests()
            record.copy_commits()
        except MAY_BE_DOWN:
            return False
        return True


def new_run(run_id: str, pipeline: RunningPipeline, journal: Journal, clock: VirtualClock, seed: int) -> Run:
    """A run of a pipeline that has started."""
    import time

    return Run(run_id, Simulation(pipeline, clock, journal, seed), clock, time.time)
