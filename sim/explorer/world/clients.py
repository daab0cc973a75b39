"""Who does what: clients of the API, the operator, and strangers."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from rawk.domain.errors import MemoryNotFound, RecordingNotAudio, Refused, Unavailable
from rawk.domain.messages import Job, encode
from rawk.use_cases.direct_uploads import Announced, Begun
from sim.explorer.coverage.points import Mark
from sim.explorer.invariants.invariants import NOTHING_LOST, OWN_TENANT
from sim.explorer.plan.plan import MINUTE_MS, SECOND_MS, Act, Deed, Straight
from sim.explorer.runtime.ledger import TENANTS, Spoken, spoken
from sim.explorer.runtime.scheduler import Actor, Killed

if TYPE_CHECKING:
    from sim.explorer.world.world import World

TRIES = 4
"""How often a client sends a recording that was not accepted."""
RUBBISH = b"GIF89a, and no sound at all in it, however long one listens to these bytes"
WAITS_MS = (2 * SECOND_MS, 30 * SECOND_MS, 10 * MINUTE_MS)
_POISON: tuple[str, ...] = (
    "not JSON",
    '{"version": 2, "type": "process_memory"}',
    '{"version": 1, "type": "dance"}',
    "",
)
POLLS_MS = (SECOND_MS, 2 * SECOND_MS, 4 * SECOND_MS, 8 * SECOND_MS, 16 * SECOND_MS, 32 * SECOND_MS)
ASKS_MS = (*POLLS_MS, 4 * MINUTE_MS, 8 * MINUTE_MS, 16 * MINUTE_MS, 32 * MINUTE_MS)
"""Before somebody asks for what was given up: that takes a while to happen."""
_UNKNOWN = "ffffffff-0000-4000-8000-000000000000"
_POISON += (encode(Job(_UNKNOWN, "corr-1")),)
_POISON += ('{"version": 1, "type": "process_memory", "memory_id": 7, "correlation_id": "c"}',)


class ApiClients:
    """Does one world's deeds. Each is an actor of its own."""

    __slots__ = ("_world", "served")

    def __init__(self, world: "World") -> None:
        self._world = world
        self.served: list[Actor] = []
        """Clients whose request is with the API just now."""

    def do(self, act: Act) -> None:
        """Start what the act says; deploys, poison and the like are over at once."""
        world = self._world
        if act.deed in _AT_ONCE:
            _AT_ONCE[act.deed](world, act)
            return
        name = f"{'operator' if act.deed in _OPERATORS else 'client'} {act.number + 1}"
        deed = partial(_DEEDS[act.deed], self)
        kind = "operator" if act.deed in _OPERATORS else "api"
        skew_ms = 0 if kind == "operator" else world.plan.skews_ms[0]
        actor = world.scheduler.start(name, kind, lambda: self._live(deed, act), skew_ms)
        actor.about = self._recording(act)

    def _live(self, deed: Callable[[Act], None], act: Act) -> None:
        """Whoever records asks several times; all others ask once and leave it at that."""
        if act.deed in _RECORDING:
            deed(act)
        else:
            self._answered(lambda: deed(act))

    def _recording(self, act: Act) -> Spoken:
        if act.deed is Deed.RECORD_OTHER:
            return spoken(act.recording, act.tenant, act.key, take=1)
        known = self._world.books.recordings.get(act.recording)
        if known is None:
            known = self._world.books.recordings[act.recording] = spoken(act.recording, act.tenant, act.key)
        return known

    def _answered(self, deed: Callable[[], None]) -> bool:
        """Whether the deed got an answer that is no 500, 503 or cut connection."""
        actor = self._world.scheduler.running
        assert actor is not None
        self.served.append(actor)
        try:
            deed()
        except Killed:
            # The process that served it is gone; who asked lives on and sees a cut connection.
            actor.doomed = False
            return False
        except Unavailable:
            return False
        except Exception as error:  # noqa: BLE001 - the API answers 500
            self._world.ended_with(actor, error)
            return False
        finally:
            self.served.remove(actor)
        return True

    # clients

    def _record(self, act: Act) -> None:
        del act  # what it is about was put down with the actor
        world = self._world
        actor = world.scheduler.running
        assert actor is not None
        assert isinstance(actor.about, Spoken)
        recording = actor.about
        self._insist(lambda: self._upload(recording))

    def _upload(self, recording: Spoken) -> None:
        world = self._world
        if recording.uploads_under_way and recording.key is not None:
            world.sightings.mark(Mark.DOUBLE_SUBMIT)
        recording.uploads_under_way += 1
        upload = world.intake.open(recording.tenant, "corr-1", recording.key)
        try:
            upload.write(recording.audio)
            accepted = upload.finish()
        except Refused:
            return
        finally:
            recording.uploads_under_way -= 1
            if not upload.ended:
                upload.abort()
        self._accepted(recording, accepted.memory.id)

    def _accepted(self, recording: Spoken, memory_id: str) -> None:
        """The API has said yes."""
        world = self._world
        world.books.accepted.add(memory_id)
        world.say(f"is answered 202 for {recording.label}")
        if memory_id not in world.store.rows and memory_id not in world.books.deleted:
            world.promises.break_(NOTHING_LOST, f"{recording.label} was accepted, and is not in the database")
        if memory_id not in recording.memory_ids:
            recording.memory_ids.append(memory_id)

    def _upload_straight(self, act: Act) -> None:
        """Ask for a form, send the audio to the store, submit it; some send rubbish, and some never submit."""
        world, how = self._world, Straight.of(act.number)
        actor = world.scheduler.running
        assert actor is not None
        assert isinstance(actor.about, Spoken)
        recording = actor.about
        begun: list[Begun] = []
        self._insist(lambda: begun.append(world.direct.begin(recording.tenant, "corr-1", Announced("audio/wav"))))
        if not begun or begun[-1].form is None:
            return
        world.audio.receive(begun[-1].form, RUBBISH if how is Straight.RUBBISH else recording.audio)
        for _ in range({Straight.FORGOTTEN: 0, Straight.SUBMITTED_TWICE: 2}.get(how, 1)):
            self._insist(lambda: self._submit(recording, begun[-1].memory.id))

    def _submit(self, recording: Spoken, memory_id: str) -> None:
        world = self._world
        try:
            world.direct.submit(recording.tenant, memory_id)
        except RecordingNotAudio:
            world.sightings.mark(Mark.UPLOAD_WITHDRAWN)
            return
        except Refused:
            return
        again = memory_id in recording.memory_ids
        world.sightings.mark(Mark.SUBMITTED_AGAIN if again else Mark.SUBMITTED_STRAIGHT)
        self._accepted(recording, memory_id)

    def _insist(self, deed: Callable[[], None]) -> None:
        """Ask several times, as an app does that gets no answer."""
        world = self._world
        for number in range(TRIES):
            if self._answered(deed):
                return
            world.sightings.mark(Mark.REFUSED_503)
            world.scheduler.wait(WAITS_MS[min(number, len(WAITS_MS) - 1)])

    def _retry(self, act: Act) -> None:
        self._ask_again(act, self._world.again.process, Mark.RETRIED)

    def _analyse_again(self, act: Act) -> None:
        self._ask_again(act, self._world.again.analyse, Mark.ANALYSIS_ASKED_AGAIN)

    def _ask_again(self, act: Act, ask: Callable[[str, str], object], mark: Mark) -> None:
        """As often as an app polls, until it was right to ask; a stranger asks as well, and must not be heard."""
        world, recording = self._world, self._recording(act)
        for wait_ms in ASKS_MS:
            for memory_id in tuple(recording.memory_ids):
                with suppress(Refused):
                    ask(_other(recording.tenant), memory_id)
                    world.promises.break_(OWN_TENANT, f"a stranger was heard about {world.promises.label(memory_id)}")
                with suppress(Refused):
                    ask(recording.tenant, memory_id)
                    world.sightings.mark(mark)
                    return
            world.scheduler.wait(wait_ms)

    def _send_rubbish(self, act: Act) -> None:
        upload = self._world.intake.open(TENANTS[act.tenant], "corr-1", None)
        try:
            upload.write(RUBBISH)
            upload.finish()
        except RecordingNotAudio:
            self._world.sightings.mark(Mark.NOT_AUDIO)

    def _leave(self, act: Act) -> None:
        upload = self._world.intake.open(TENANTS[act.tenant], "corr-1", None)
        try:
            upload.write(spoken(act.recording, act.tenant, False, take=2).audio)
        finally:
            if not upload.ended:
                upload.abort()
                self._world.sightings.mark(Mark.UPLOAD_GIVEN_UP)

    def _read(self, act: Act) -> None:
        """An app that polls: until there is something to read, or it is tired of it."""
        recording = self._recording(act)
        for wait_ms in POLLS_MS:
            done = [self._look_at(recording, memory_id) for memory_id in tuple(recording.memory_ids)]
            if done and all(done):
                return
            self._world.scheduler.wait(wait_ms)

    def _look_at(self, recording: Spoken, memory_id: str) -> bool:
        """As the API does: the memory, then its history; and as a stranger who must not find it. Says if it is done."""
        world = self._world
        memory = world.memories.get(recording.tenant, memory_id)
        world.memories.get(_other(recording.tenant), memory_id)
        if memory is None:
            if memory_id not in world.books.deleted:
                world.promises.break_(NOTHING_LOST, f"{recording.label} was accepted, and its owner is told 404")
            return True
        history = world.memories.history(memory_id)
        return bool(history) and memory.completed_at is not None

    def _list(self, act: Act) -> None:
        self._world.memories.page(self._recording(act).tenant, None, None, 21)

    def _delete(self, act: Act) -> None:
        world = self._world
        recording = self._recording(act)
        for memory_id in tuple(recording.memory_ids):
            self._try_to_delete_as_stranger(_other(recording.tenant), memory_id)
            with suppress(MemoryNotFound):
                world.forget.memory(recording.tenant, memory_id)

    def _try_to_delete_as_stranger(self, stranger: str, memory_id: str) -> None:
        world = self._world
        try:
            world.forget.memory(stranger, memory_id)
        except MemoryNotFound:
            return
        world.promises.break_(OWN_TENANT, f"{stranger} could delete {world.promises.label(memory_id)}")

    # the operator

    def _redrive_all(self, act: Act) -> None:
        del act
        self._mark_outage()
        self._world.office.redrive_all(None)

    def _redrive_some(self, act: Act) -> None:
        self._mark_outage()
        whys = ("openai_unavailable", "openai_quota", "configuration", "abandoned", "unfinished", "audio_unreadable")
        for _ in self._world.office.redrive_only(whys, 1000, (None, 1)[act.number % 2]):
            pass

    def _purge(self, act: Act) -> None:
        del act
        for _ in self._world.office.purge(1000, ("poison", "deleted", "done")):
            pass

    def _mark_outage(self) -> None:
        world = self._world
        now_ms = world.scheduler.now_ms
        for outage in world.plan.outages:
            if outage.port == "openai" and outage.begins_ms <= now_ms < outage.ends_ms and world.dead.held:
                world.sightings.mark(Mark.REDRIVE_DURING_OUTAGE)


def _other(tenant: str) -> str:
    return TENANTS[1 - TENANTS.index(tenant)]


def _deploy(world: "World", act: Act) -> None:
    """A new version of the API: requests under way are cut. Workers under way go on, as Lambda lets them."""
    del act
    for actor in world.people.served:
        if actor.kind == "api":
            actor.doomed = True
            if isinstance(actor.about, Spoken) and actor.about.uploads_under_way:
                world.sightings.mark(Mark.DEPLOY_KILLED_UPLOAD)


def _poison(world: "World", act: Act) -> None:
    world.jobs.send(_POISON[act.number % len(_POISON)])
    world.functions.look_again()


def _duplicate(world: "World", act: Act) -> None:
    recording = world.books.recordings.get(act.recording)
    if recording is not None and recording.memory_ids:
        world.jobs.send(encode(Job(recording.memory_ids[0], "corr-1")))
        world.functions.look_again()


def _vanish(world: "World", act: Act) -> None:
    """Only audio that has a memory: audio on its way in is not yet there for anybody to remove."""
    recording = world.books.recordings.get(act.recording)
    for memory_id in recording.memory_ids if recording is not None else ():
        row = world.store.rows.get(memory_id)
        if row is not None and recording is not None:
            recording.vanished = True
            world.audio.objects.pop(row.memory.audio_key, None)


_DEEDS: dict[Deed, Callable[[ApiClients, Act], None]] = {
    Deed.RECORD: ApiClients._record,
    Deed.RECORD_AGAIN: ApiClients._record,
    Deed.RECORD_OTHER: ApiClients._record,
    Deed.UPLOAD_STRAIGHT: ApiClients._upload_straight,
    Deed.RETRY: ApiClients._retry,
    Deed.ANALYSE_AGAIN: ApiClients._analyse_again,
    Deed.SEND_RUBBISH: ApiClients._send_rubbish,
    Deed.LEAVE: ApiClients._leave,
    Deed.READ: ApiClients._read,
    Deed.LIST: ApiClients._list,
    Deed.DELETE: ApiClients._delete,
    Deed.REDRIVE_ALL: ApiClients._redrive_all,
    Deed.REDRIVE_SOME: ApiClients._redrive_some,
    Deed.PURGE: ApiClients._purge,
}
_AT_ONCE: dict[Deed, Callable[["World", Act], None]] = {
    Deed.DEPLOY: _deploy,
    Deed.POISON: _poison,
    Deed.DUPLICATE: _duplicate,
    Deed.VANISH: _vanish,
}
_RECORDING = frozenset({Deed.RECORD, Deed.RECORD_AGAIN, Deed.RECORD_OTHER, Deed.UPLOAD_STRAIGHT})
_OPERATORS = frozenset({Deed.REDRIVE_ALL, Deed.REDRIVE_SOME, Deed.PURGE})
