"""The clients of the API. Every action of a plan, also the operator's, is started here as an actor of its own."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from rawk.domain.errors import MemoryNotFound, RecordingNotAudio, Refused, Unavailable
from rawk.ports import Cursor
from rawk.use_cases.direct_uploads import BegunUpload, PlannedUpload
from rawk.use_cases.list_memories import page_of
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.invariants.names import LISTED, NOTHING_LOST, TENANT_ISOLATION
from sim.explorer.plan.plan import MINUTE_MS, SECOND_MS, Action, ActionKind, DirectUpload
from sim.explorer.runtime.ledger import TENANTS, Recording, make_recording
from sim.explorer.runtime.scheduler import Actor, Killed
from sim.explorer.world import external_events, operator

if TYPE_CHECKING:
    from sim.explorer.world.world import World

SENDS = 4
"""How often a client sends a recording that was not accepted."""
NON_AUDIO = b"GIF89a, and no sound at all in it, only these padding bytes"
RESEND_WAITS_MS = (2 * SECOND_MS, 30 * SECOND_MS, 10 * MINUTE_MS)
LIST_LIMIT = 20
"""Memories on a page of the API unless a client asks for another number."""
MOST_PAGES = 50
"""Of a list: more than a world has memories."""
POLLS_MS = (SECOND_MS, 2 * SECOND_MS, 4 * SECOND_MS, 8 * SECOND_MS, 16 * SECOND_MS, 32 * SECOND_MS)
RETRY_POLLS_MS = (*POLLS_MS, 4 * MINUTE_MS, 8 * MINUTE_MS, 16 * MINUTE_MS, 32 * MINUTE_MS)
"""Between two requests for a retry: it takes some time until a memory has failed or an analysis is given up."""


@dataclass(slots=True)
class Sent:
    """A request that a client repeats until it is answered, each time that it is sent."""

    at_ms: int
    number: int
    """Of the action."""
    what: Literal["upload", "begin", "submit", "retry"]
    known: bool | None = None
    """Whether the client knows a memory of its recording afterwards; None if the world ended before."""


class ApiClients:
    """Starts the actions of one world."""

    __slots__ = ("_world", "sent", "served")

    def __init__(self, world: "World") -> None:
        self._world = world
        self.served: list[Actor] = []
        """Clients with a request that the API is handling."""
        self.sent: list[Sent] = []
        """In the order of sending. Of the requests for a retry, the one that was granted."""

    def start(self, action: Action) -> None:
        """Start an actor for the action. External events happen at once, without an actor."""
        world = self._world
        if action.kind in _EXTERNAL_EVENTS:
            _EXTERNAL_EVENTS[action.kind](world, action)
            return
        if action.kind in _OPERATOR_ACTIONS:
            name, kind, skew_ms = f"operator {action.number + 1}", "operator", 0
            perform = partial(_OPERATOR_ACTIONS[action.kind], world)
        else:
            name, kind, skew_ms = f"client {action.number + 1}", "api", world.plan.skews_ms[0]
            perform = partial(_CLIENT_ACTIONS[action.kind], self)
        actor = world.scheduler.start(name, kind, lambda: self._run(perform, action), skew_ms)
        actor.subject = self._recording(action)

    def _run(self, perform: Callable[[Action], None], action: Action) -> None:
        """A client that records repeats its requests itself; every other request is sent once."""
        if action.kind in _RECORDING:
            perform(action)
        else:
            self._is_answered(lambda: perform(action))

    def _recording(self, action: Action) -> Recording:
        if action.kind is ActionKind.RECORD_OTHER:
            return make_recording(action, take=1)
        recordings = self._world.ledger.recordings
        recording = recordings.get(action.recording)
        if recording is None:
            recording = make_recording(action)
            recordings[action.recording] = recording
        if action.kind in (ActionKind.RECORD, ActionKind.DIRECT_UPLOAD):
            recording.first_action = action.number + 1
        return recording

    def _is_answered(self, request: Callable[[], None]) -> bool:
        """Whether the request got an answer other than 500, 503 or a closed connection."""
        actor = self._world.scheduler.running
        assert actor is not None
        self.served.append(actor)
        try:
            request()
        except Killed:
            # The process of the API was killed; the client sees a closed connection and continues.
            actor.killed = False
            return False
        except Unavailable:
            return False
        except Exception as error:  # noqa: BLE001 - the API answers 500
            self._world.use_case_raised(actor, error)
            return False
        finally:
            self.served.remove(actor)
        return True

    # clients

    def _record(self, action: Action) -> None:
        world = self._world
        actor = world.scheduler.running
        assert actor is not None
        assert isinstance(actor.subject, Recording)
        recording = actor.subject
        if action.kind is ActionKind.RECORD_AGAIN and recording.forms:
            self._upload_directly(action)
            return
        self._send_until_answered(action, "upload", lambda: self._upload(recording))

    def _upload(self, recording: Recording) -> None:
        world = self._world
        if recording.open_uploads and recording.key is not None:
            world.coverage.reach(CoveragePoint.CONCURRENT_UPLOADS)
        recording.open_uploads += 1
        upload = world.intake.open(recording.tenant, "corr-1", recording.key)
        try:
            upload.write(recording.audio)
            accepted = upload.finish(recording.title)
        except Refused:
            return
        finally:
            recording.open_uploads -= 1
            if not upload.ended:
                upload.abort()
        self._accepted(recording, accepted.memory.id)

    def _accepted(self, recording: Recording, memory_id: str) -> None:
        """The API has answered 202."""
        world = self._world
        world.ledger.accepted.add(memory_id)
        world.log_event(f"gets a 202 for {recording.label}")
        if memory_id not in world.store.rows and memory_id not in world.ledger.deleted:
            world.invariants.violate(NOTHING_LOST, f"{recording.label} was accepted, but is not in the database")
        if memory_id not in recording.memory_ids:
            recording.memory_ids.append(memory_id)

    def _upload_directly(self, action: Action) -> None:
        """Ask for a form, upload to S3, submit; some upload no audio, some never submit."""
        world, how = self._world, DirectUpload.of(action.number)
        actor = world.scheduler.running
        assert actor is not None
        assert isinstance(actor.subject, Recording)
        recording = actor.subject
        begun: list[BegunUpload] = []
        announced = PlannedUpload("audio/wav", recording.title)

        def begin() -> None:
            with suppress(Refused):
                begun.append(world.direct_uploads.begin(recording.tenant, "corr-1", announced, recording.key))

        self._send_until_answered(action, "begin", begin)
        if not begun or begun[-1].form is None:
            return
        recording.forms.append(begun[-1].form)
        world.audio.receive(begun[-1].form, NON_AUDIO if how is DirectUpload.NON_AUDIO else recording.audio)
        for _ in range({DirectUpload.NOT_SUBMITTED: 0, DirectUpload.SUBMITTED_TWICE: 2}.get(how, 1)):
            self._send_until_answered(action, "submit", lambda: self._submit(recording, begun[-1].memory.id))

    def _repeat_form(self, action: Action) -> None:
        """Post a form once more, with other bytes: audio in one world, none in another."""
        other = make_recording(action, take=3).audio
        recording = self._recording(action)
        recording.posted_again = True
        for form in recording.forms:
            self._world.audio.receive(form, other if action.number % 2 else NON_AUDIO)

    def _submit(self, recording: Recording, memory_id: str) -> None:
        world = self._world
        try:
            world.direct_uploads.submit(recording.tenant, memory_id)
        except RecordingNotAudio:
            world.coverage.reach(CoveragePoint.DIRECT_UPLOAD_REFUSED)
            return
        except Refused:
            return
        repeated = memory_id in recording.memory_ids
        point = CoveragePoint.DIRECT_UPLOAD_SUBMITTED
        world.coverage.reach(CoveragePoint.DIRECT_UPLOAD_SUBMITTED_TWICE if repeated else point)
        self._accepted(recording, memory_id)

    def _send_until_answered(
        self, action: Action, what: Literal["upload", "begin", "submit"], request: Callable[[], None]
    ) -> None:
        """Repeat the request, as an app does without an answer."""
        world = self._world
        for number in range(SENDS):
            sent = Sent(world.scheduler.now_ms, action.number, what)
            self.sent.append(sent)
            answered = self._is_answered(request)
            if world.invariants.violation is None:  # it ends the world
                sent.known = bool(self._recording(action).memory_ids)
            if answered:
                return
            world.coverage.reach(CoveragePoint.ANSWERED_503)
            world.scheduler.wait(RESEND_WAITS_MS[min(number, len(RESEND_WAITS_MS) - 1)])

    def _retry(self, action: Action) -> None:
        self._ask_for_retry(action, self._world.retry_memory.process, CoveragePoint.MEMORY_RETRIED)

    def _retry_analysis(self, action: Action) -> None:
        self._ask_for_retry(action, self._world.retry_memory.analyse, CoveragePoint.ANALYSIS_RETRIED)

    def _ask_for_retry(self, action: Action, ask: Callable[[str, str], object], point: CoveragePoint) -> None:
        """Ask until the product grants a retry. Another tenant asks as well and must be refused."""
        world, recording = self._world, self._recording(action)
        for wait_ms in RETRY_POLLS_MS:
            for memory_id in tuple(recording.memory_ids):
                with suppress(Refused):
                    ask(_other(recording.tenant), memory_id)
                    label = world.invariants.label(memory_id)
                    world.invariants.violate(
                        TENANT_ISOLATION, f"{_other(recording.tenant)}, a stranger, could retry {label}"
                    )
                with suppress(Refused):
                    ask(recording.tenant, memory_id)
                    self.sent.append(Sent(world.scheduler.now_ms, action.number, "retry"))
                    world.coverage.reach(point)
                    return
            world.scheduler.wait(wait_ms)

    def _upload_non_audio(self, action: Action) -> None:
        upload = self._world.intake.open(TENANTS[action.tenant], "corr-1", None)
        try:
            upload.write(NON_AUDIO)
            upload.finish()
        except RecordingNotAudio:
            self._world.coverage.reach(CoveragePoint.NOT_AUDIO)

    def _abandon_upload(self, action: Action) -> None:
        upload = self._world.intake.open(TENANTS[action.tenant], "corr-1", None)
        try:
            upload.write(make_recording(action, take=2).audio)
        finally:
            if not upload.ended:
                upload.abort()
                self._world.coverage.reach(CoveragePoint.UPLOAD_ABANDONED)

    def _read(self, action: Action) -> None:
        """Poll until every memory of the recording is complete, or the app stops polling."""
        recording = self._recording(action)
        for wait_ms in POLLS_MS:
            done = [self._is_complete(recording, memory_id) for memory_id in tuple(recording.memory_ids)]
            if done and all(done):
                return
            self._world.scheduler.wait(wait_ms)

    def _is_complete(self, recording: Recording, memory_id: str) -> bool:
        """Read the memory and its history, as the API does; and read it as another tenant, who must not find it."""
        world = self._world
        memory = world.memories.get(recording.tenant, memory_id)
        world.memories.get(_other(recording.tenant), memory_id)
        if memory is None:
            if memory_id not in world.ledger.deleted:
                world.invariants.violate(NOTHING_LOST, f"{recording.label} was accepted, but its owner gets a 404")
            return True
        history = world.memories.history(memory_id)
        return bool(history) and memory.completed_at is not None

    def _list(self, action: Action) -> None:
        """From the first page to the last: a list has each memory of its tenant that was there all the time, once."""
        world, tenant = self._world, self._recording(action).tenant
        before = self._memories_of(tenant)
        listed: list[str] = []
        after: Cursor | None = None
        for _ in range(MOST_PAGES):
            page = page_of(world.memories, tenant, None, after, min(world.plan.page, LIST_LIMIT))
            listed += [memory.id for memory in page.memories]
            after = page.next
            if after is None:
                break
        missing = before & self._memories_of(tenant) - set(listed)
        if missing or after is not None or len(listed) != len(set(listed)):
            labels = sorted(world.invariants.label(each) for each in missing)
            what = f"lacks {', '.join(labels)}" if labels else f"has {len(listed)} entries"
            world.invariants.violate(LISTED, f"the list of {tenant}, which has {len(before)} memories, {what}")

    def _memories_of(self, tenant: str) -> set[str]:
        return {row.memory.id for row in self._world.store.rows.values() if row.memory.tenant == tenant}

    def _delete(self, action: Action) -> None:
        world = self._world
        recording = self._recording(action)
        for memory_id in tuple(recording.memory_ids):
            self._try_to_delete_as(_other(recording.tenant), memory_id)
            with suppress(MemoryNotFound):
                world.delete_memory.delete(recording.tenant, memory_id)

    def _try_to_delete_as(self, tenant: str, memory_id: str) -> None:
        world = self._world
        try:
            world.delete_memory.delete(tenant, memory_id)
        except MemoryNotFound:
            return
        world.invariants.violate(
            TENANT_ISOLATION, f"{tenant}, a stranger, could delete {world.invariants.label(memory_id)}"
        )


def _other(tenant: str) -> str:
    return TENANTS[1 - TENANTS.index(tenant)]


_CLIENT_ACTIONS: dict[ActionKind, Callable[[ApiClients, Action], None]] = {
    ActionKind.RECORD: ApiClients._record,
    ActionKind.RECORD_AGAIN: ApiClients._record,
    ActionKind.RECORD_OTHER: ApiClients._record,
    ActionKind.DIRECT_UPLOAD: ApiClients._upload_directly,
    ActionKind.REPEAT_FORM: ApiClients._repeat_form,
    ActionKind.RETRY: ApiClients._retry,
    ActionKind.RETRY_ANALYSIS: ApiClients._retry_analysis,
    ActionKind.UPLOAD_NON_AUDIO: ApiClients._upload_non_audio,
    ActionKind.ABANDON_UPLOAD: ApiClients._abandon_upload,
    ActionKind.READ: ApiClients._read,
    ActionKind.LIST: ApiClients._list,
    ActionKind.DELETE: ApiClients._delete,
}
_OPERATOR_ACTIONS: dict[ActionKind, Callable[["World", Action], None]] = {
    ActionKind.REDRIVE_ALL: operator.redrive_all,
    ActionKind.REDRIVE_SOME: operator.redrive_some,
    ActionKind.PURGE: operator.purge,
}
_EXTERNAL_EVENTS: dict[ActionKind, Callable[["World", Action], None]] = {
    ActionKind.DEPLOY: external_events.deploy,
    ActionKind.POISON: external_events.send_poison,
    ActionKind.DUPLICATE: external_events.duplicate_job,
    ActionKind.REMOVE_AUDIO: external_events.remove_audio,
}
_RECORDING = frozenset({ActionKind.RECORD, ActionKind.RECORD_AGAIN, ActionKind.RECORD_OTHER, ActionKind.DIRECT_UPLOAD})
