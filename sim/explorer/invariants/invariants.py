"""What is promised, looked at after every call that could have broken it.

Each `_after_…` and `_before_…` sees one call of the product and what it changed. The words are those of `sim.checks`
wherever both look at the same promise; here the look is at every step, there at the end of a story.
"""

from itertools import islice, pairwise
from typing import Any

from rawk.adapters.openai.in_memory import spoken_in
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.postgres.in_memory_rows import MemoryRow
from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.sqs.in_memory import InMemoryQueue
from rawk.domain.errors import IdempotencyConflict, PoisonMessage
from rawk.domain.memory import ALLOWED_STEPS, AnalysisState, FailureReason, Memory, Status
from rawk.domain.messages import decode
from rawk.ports import AICall
from sim.explorer.plan.call_sites import TRANSCRIBE, Site
from sim.explorer.runtime.ledger import Books, Spoken
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import Actor, Scheduler

NOTHING_LOST = "nothing is lost"
PAID_ONCE = "no transcription is paid twice"
NO_TRANSCRIPT_ERASED = "no transcript is erased"
NEVER_BACK = "status never goes back"
OWN_TENANT = "tenants see only their own"
ONE_KEY = "a key makes one memory"
STAYS_DELETED = "a deleted memory stays deleted"
FAILED_CAN_RETRY = "a failed memory can be tried again"
ONE_WORKER = "one worker at a time has a memory"
IN_TIME = "an invocation ends before its deadline"
BUDGET = "one retry budget for one invocation"
KNOWS_ITS_COST = "each memory knows what it cost"
TRUE_REASON = "a failure names its true reason"
WHOLE = "what is complete is whole"
DRAINS = "everything drains once the trouble is over"
NO_CRASH = "no use case ends with an error of its own making"

_LARGEST_DIFFERENCE_MS = 20_000
"""Of two clocks in one world."""
_UNRESTING = frozenset({Status.QUEUED, Status.PROCESSING})


class Promises:
    """One world's. `broken` is the first promise that did not hold, with what was found instead."""

    __slots__ = (
        "_asking",
        "_asks",
        "_audio",
        "_books",
        "_dead",
        "_jobs",
        "_named_by",
        "_scheduler",
        "_store",
        "broken",
    )

    def __init__(
        self,
        scheduler: Scheduler,
        books: Books,
        store: InMemoryMemoryStore,
        audio: InMemoryAudioStore,
        jobs: InMemoryQueue,
        dead: InMemoryQueue,
    ) -> None:
        self._scheduler = scheduler
        self._books = books
        self._store = store
        self._audio = audio
        self._jobs = jobs
        self._dead = dead
        self.broken: tuple[str, str] | None = None
        self._asking: dict[str, tuple[Actor, int]] = {}
        """Memory → who is asking OpenAI for it, and by which of its calls."""
        self._asks: dict[tuple[int, int], int] = {}
        self._named_by: dict[str, str] = {}
        """Message body → the memory it names."""

    def break_(self, promise: str, found: str) -> None:
        """The world ends with the first broken promise, as soon as the step is told that broke it."""
        if self.broken is None:
            self.broken = (promise, found)
            self._scheduler.stopping = True

    def label(self, memory_id: str) -> str:
        return f"memory {self._books.label(memory_id)}"

    # before OpenAI is asked

    def asked(self, actor: Actor, site: Site, args: tuple[Any, ...]) -> None:
        call: AICall = args[-1]
        books, memory_id = self._books, call.memory_id
        books.asked[memory_id] += 1
        memory = books.seen.get(memory_id)
        if site is TRANSCRIBE and memory is not None and memory.transcript is not None:
            self.break_(PAID_ONCE, f"{actor.name} asks for a transcription that {self.label(memory_id)} has already")
        other = self._asking.get(memory_id)
        if other is not None and other[0] is not actor and _is_still_at(*other):
            self.break_(ONE_WORKER, f"{actor.name} and {other[0].name} both ask OpenAI for {self.label(memory_id)}")
        self._asking[memory_id] = (actor, actor.calls)
        left_ms = actor.dies_at_ms - self._scheduler.now_ms
        if call.timeout_seconds * 1000 > left_ms:
            self.break_(
                IN_TIME,
                f"{actor.name} asks for {call.timeout_seconds:.0f} s, {left_ms / 1000:.0f} s before its end",
            )
        asks = self._asks[actor.number, site.index] = self._asks.get((actor.number, site.index), 0) + 1
        if asks > policies().processing.retry.tries:
            self.break_(BUDGET, f"{actor.name} has asked OpenAI {asks} times for {self.label(memory_id)}")

    # after an effect

    def after_answer(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, answer, error
        self._asking.pop(args[-1].memory_id, None)

    def after_transcription(
        self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None
    ) -> None:
        del actor, error
        memory_id = args[-1].memory_id
        self._asking.pop(memory_id, None)
        if answer is not None:
            billed = self._books.billed_seconds
            billed[memory_id] = billed.get(memory_id, 0.0) + answer.billed_seconds

    def after_accept(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        new, books = args[0], self._books
        if isinstance(error, IdempotencyConflict) and (new.tenant, new.idempotency_key) not in books.of_key:
            self.break_(OWN_TENANT, f"{new.tenant} is refused a key that only another tenant has used")
        if answer is None:
            return
        memory: Memory = answer.memory
        if memory.tenant != new.tenant:
            self.break_(OWN_TENANT, f"{new.tenant} was given a memory of {memory.tenant}")
        if memory.id == new.id:
            assert isinstance(actor.about, Spoken)
            books.of_memory[new.id] = actor.about
        if new.idempotency_key is not None:
            made = books.of_key.setdefault((new.tenant, new.idempotency_key), memory.id)
            if made != memory.id:
                self.break_(ONE_KEY, f"{new.tenant}'s {new.idempotency_key} has made two memories")
        self.check_rows()

    def after_withdrawal(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        if answer is not None:
            self.uploaded_in_vain(args[1])

    def uploaded_in_vain(self, memory_id: str) -> None:
        """A memory was removed because nobody will submit it: nobody may have been told yes about it."""
        self._books.seen.pop(memory_id, None)
        if memory_id in self._books.accepted:
            self.break_(NOTHING_LOST, f"{self.label(memory_id)} was accepted, and is removed as never submitted")

    def after_delete(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        if answer is None:
            return
        tenant, memory_id, _ = args
        memory = self._books.seen.pop(memory_id)
        self._books.deleted.add(memory_id)
        if memory.tenant != tenant:
            self.break_(OWN_TENANT, f"{tenant} has deleted a memory of {memory.tenant}")

    def after_get(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        if answer is not None and answer.tenant != args[0]:
            self.break_(OWN_TENANT, f"{args[0]} was shown a memory of {answer.tenant}")

    def after_page(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, error
        for memory in answer or ():
            if memory.tenant != args[0]:
                self.break_(OWN_TENANT, f"{args[0]} was listed a memory of {memory.tenant}")

    def after_claim(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del answer, error
        memory_id, token = args[0].memory_id, args[0].lease_token
        before = self._books.seen.get(memory_id)
        self._asks.pop((actor.number, TRANSCRIBE.index), None)
        self._asks.pop((actor.number, TRANSCRIBE.index + 1), None)
        self.check_rows()
        after = self._books.seen.get(memory_id)
        if before is None or after is None or before.lease_token is None or before.lease_expires_at is None:
            return
        left = before.lease_expires_at - self._scheduler.true_now()
        if after.lease_token == token != before.lease_token and left.total_seconds() * 1000 > _LARGEST_DIFFERENCE_MS:
            self.break_(ONE_WORKER, f"{actor.name} takes over a lease that has {left.total_seconds():.0f} s to go")

    def after_write(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, args, answer, error
        self.check_rows()

    def after_queueing(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        """Whatever became `queued` by this needs an outbox row by the same transaction."""
        del actor, args, answer, error
        self.check_rows()
        self.check_places()

    def after_removal(
        self, actor: Actor | None, args: tuple[Any, ...], answer: Any, error: BaseException | None
    ) -> None:
        """A message or an outbox row is gone: is each memory that needs one still named by another?"""
        del actor, args, answer, error
        self.check_places()

    def after_audio_removed(
        self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None
    ) -> None:
        del answer
        if error is None:
            for row in self._store.rows.values():
                if row.memory.audio_key == args[0]:
                    self.break_(NOTHING_LOST, f"{actor.name} removes the audio of {self.label(row.memory.id)}")

    # the state

    def check_rows(self) -> None:
        """Every memory that has changed since the last look."""
        seen = self._books.seen
        for memory_id, row in self._store.rows.items():
            before = seen.get(memory_id)
            if row.memory is not before:
                seen[memory_id] = row.memory
                self._check_change(before, row)
        if len(seen) > len(self._store.rows):
            gone = next(memory_id for memory_id in seen if memory_id not in self._store.rows)
            self.break_(NOTHING_LOST, f"{self.label(gone)} is no longer in the database, and nobody deleted it")

    def _check_change(self, before: Memory | None, row: MemoryRow) -> None:
        now = row.memory
        name = self.label(now.id)
        if before is None:
            if now.id in self._books.deleted:
                self.break_(STAYS_DELETED, f"{name} is in the database again")
        else:
            if before.status is not now.status:
                self._check_steps(row, name)
            if before.transcript is not None and now.transcript != before.transcript:
                self.break_(NO_TRANSCRIPT_ERASED, f"{name} had a transcript and has {now.transcript!r}")
        if now.transcript is not None and (before is None or before.transcript is None):
            spoken = spoken_in(self._books.of_memory[now.id].audio)
            if now.transcript != spoken:
                self.break_(NOTHING_LOST, f"{name} holds the words of another recording")
        self._check_cost(now, name)
        self._check_status(now, name)

    def _check_steps(self, row: MemoryRow, name: str) -> None:
        statuses = [change.status for change in row.history]
        if statuses[-1] is not row.memory.status:
            self.break_(NEVER_BACK, f"{name} is {row.memory.status}, and its history ends with {statuses[-1]}")
        for step in pairwise(statuses):
            if step not in ALLOWED_STEPS:
                self.break_(NEVER_BACK, f"{name} went from {step[0]} to {step[1]}")

    def _check_cost(self, now: Memory, name: str) -> None:
        asked = self._books.asked[now.id]
        if now.openai_calls > asked:
            self.break_(KNOWS_ITS_COST, f"{name} counts {now.openai_calls} calls, and OpenAI was asked {asked} times")
        billed = self._books.billed_seconds.get(now.id, 0.0)
        if now.billed_seconds > billed:
            self.break_(
                KNOWS_ITS_COST, f"{name} counts {now.billed_seconds} s billed, and OpenAI has billed {billed} s"
            )
        if now.transcript is not None and not now.billed_seconds:
            self.break_(KNOWS_ITS_COST, f"{name} has a transcript and has forgotten what it cost")

    def _check_status(self, now: Memory, name: str) -> None:
        match now.status:
            case Status.COMPLETE:
                if now.transcript is None or now.analysis is None or now.analysis.summary != now.transcript:
                    self.break_(WHOLE, f"{name} is complete, with the analysis {now.analysis}")
                if now.lease_token is not None or now.analysis_state is not AnalysisState.DONE:
                    self.break_(
                        WHOLE, f"{name} is complete, and its analysis {now.analysis_state}, its lease {now.lease_token}"
                    )
            case Status.TRANSCRIPT_ONLY:
                if now.analysis_state is AnalysisState.PENDING and now.analysis_due_at is None:
                    self.break_(NOTHING_LOST, f"{name} waits for an analysis that is never due")
            case Status.FAILED:
                self._check_failure(now, name)
            case _:
                pass

    def _check_failure(self, now: Memory, name: str) -> None:
        if now.failure_reason is None:
            self.break_(TRUE_REASON, f"{name} failed without a reason")
        if now.transcript is not None:
            self.break_(NO_TRANSCRIPT_ERASED, f"{name} failed although it has a transcript")
        if now.failure_reason is FailureReason.AUDIO_MISSING and now.audio_key in self._audio.objects:
            self.break_(TRUE_REASON, f"{name} failed as {now.failure_reason}, and its audio is there")
        if now.id not in self._named():
            self.break_(FAILED_CAN_RETRY, f"{name} failed, and no message names it, dead or alive")

    def check_places(self) -> None:
        """Whatever is on its way is in a place that somebody looks into."""
        unresting = [row.memory for row in self._store.rows.values() if row.memory.status in _UNRESTING]
        failed = [row.memory for row in self._store.rows.values() if row.memory.status is Status.FAILED]
        if not unresting and not failed:
            return
        named = self._named()
        for memory in unresting:
            if memory.id not in named and memory.id not in self._store.outbox:
                self.break_(
                    NOTHING_LOST, f"{self.label(memory.id)} is {memory.status}, and no message nor outbox row names it"
                )
        for memory in failed:
            if memory.id not in named:
                self.break_(FAILED_CAN_RETRY, f"{self.label(memory.id)} failed, and its last message is gone")

    def _named(self) -> set[str]:
        """Memories that some message names."""
        names = self._named_by
        bodies = {message.body for queue in (self._jobs, self._dead) for message in queue.held.values()}
        for body in bodies:
            if body not in names:
                names[body] = _memory_named_in(body)
        return {names[body] for body in bodies}

    def memory_named_in(self, body: str) -> str:
        name = self._named_by.get(body)
        if name is None:
            name = self._named_by[body] = _memory_named_in(body)
        return name

    # the end

    def check_end(self) -> None:
        """After the trouble, a redrive, and a day for the sweep: everybody has what they were promised."""
        for memory_id in self._books.accepted:
            if memory_id not in self._store.rows and memory_id not in self._books.deleted:
                self.break_(NOTHING_LOST, f"{self.label(memory_id)} was accepted and is not in the database")
        for row in self._store.rows.values():
            self._check_ending(row.memory, self.label(row.memory.id))
        known = {row.memory.audio_key for row in self._store.rows.values()}
        for key in islice((key for key in self._audio.objects if key not in known), 1):
            self.break_(DRAINS, f"audio that no memory knows is still in the store: {key}")

    def _check_ending(self, memory: Memory, name: str) -> None:
        if memory.status is Status.UPLOADING:
            self.break_(DRAINS, f"{name} was never submitted, and is still there after a day")
            return
        vanished = self._books.of_memory[memory.id].vanished
        if memory.status is Status.FAILED and not vanished:
            self.break_(DRAINS, f"{name} is still failed ({memory.failure_reason}) after a redrive in fine weather")
        if memory.audio_key not in self._audio.objects and not vanished:
            self.break_(NOTHING_LOST, f"the audio of {name} is not in the store")
        if memory.lease_token is not None:
            self.break_(DRAINS, f"a lease is still held on {name}")
        gave_up = memory.analysis_state is AnalysisState.GAVE_UP
        if memory.status is Status.TRANSCRIPT_ONLY and not gave_up:
            self.break_(DRAINS, f"{name} still waits for its analysis")


def _is_still_at(actor: Actor, call: int) -> bool:
    return actor.calls == call and not actor.doomed and not actor.ended


def _memory_named_in(body: str) -> str:
    """Nothing for what is not ours."""
    try:
        return decode(body).memory_id
    except PoisonMessage:
        return ""
