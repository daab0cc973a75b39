"""Which eyes look at which call: promises and sightings, put together once for every world."""

from typing import Any

from rawk.domain.memory import AnalysisState, Status
from sim.explorer.coverage.points import Mark
from sim.explorer.coverage.recorder import Sightings
from sim.explorer.invariants.invariants import Promises
from sim.explorer.plan.call_sites import Site
from sim.explorer.runtime.ledger import Books
from sim.explorer.runtime.port_calls import Watch
from sim.explorer.runtime.scheduler import Actor


class Watching:
    """The watches of one world."""

    __slots__ = ("_books", "_promises", "_sightings")

    def __init__(self, books: Books, promises: Promises, sightings: Sightings) -> None:
        self._books = books
        self._promises = promises
        self._sightings = sightings

    def watches(self) -> dict[str, Watch]:
        promises = self._promises
        commits = ("save_transcript", "save_analysis", "postpone_analysis", "fail", "release")
        return {
            "memories.accept": self._accept,
            "memories.begin_upload": promises.after_accept,
            "memories.submit_upload": promises.after_queueing,
            "memories.withdraw_upload": promises.after_withdrawal,
            "memories.delete_unsubmitted_uploads": self._uploads_forgotten,
            "memories.retry": promises.after_queueing,
            "memories.retry_analysis": promises.after_write,
            "memories.delete": self._delete,
            "memories.get": promises.after_get,
            "memories.page": promises.after_page,
            "memories.claim": self._claim,
            **{f"memories.{method}": self._commit for method in commits},
            "memories.queue_due_analyses": self._analyses_queued,
            "memories.fail_abandoned": self._abandoned,
            "memories.mark_sent": promises.after_removal,
            "queue.acknowledge": promises.after_removal,
            "letters.remove": promises.after_removal,
            "audio.delete": self._audio_removed,
            "openai.transcribe": promises.after_transcription,
            "openai.analyse": promises.after_answer,
        }

    def asking(self, actor: Actor, site: Site, args: tuple[Any, ...]) -> None:
        self._promises.asked(actor, site, args)
        self._sightings.asked(actor, site, args)

    def _accept(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._sightings.of_accept(args[0].id, answer, error)
        self._promises.after_accept(actor, args, answer, error)

    def _delete(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        if answer is not None:
            self._sightings.of_delete(self._books.seen.get(args[1]))
        self._promises.after_delete(actor, args, answer, error)

    def _claim(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        before = self._books.seen.get(args[0])
        self._sightings.of_claim(args[1], before, answer)
        self._promises.after_claim(actor, args, answer, error)

    def _commit(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        seen, memory_id = self._books.seen, args[0].memory_id
        before = seen.get(memory_id)
        self._promises.after_write(actor, args, answer, error)
        self._sightings.of_commit(actor, before, seen.get(memory_id), error)

    def _analyses_queued(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        before = dict(self._books.seen)
        self._promises.after_write(actor, args, answer, error)
        if answer:
            self._sightings.mark(Mark.ANALYSIS_QUEUED_AGAIN)
        for memory_id, memory in self._books.seen.items():
            if memory is not before.get(memory_id) and memory.analysis_state is AnalysisState.GAVE_UP:
                self._sightings.mark(Mark.ANALYSIS_GIVEN_UP)

    def _uploads_forgotten(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        for memory_id in answer or ():
            self._sightings.mark(Mark.UPLOAD_FORGOTTEN)
            self._promises.uploaded_in_vain(memory_id)
        self._promises.after_write(actor, args, answer, error)

    def _abandoned(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        self._promises.after_write(actor, args, answer, error)
        if answer and any(self._books.seen[memory_id].status is Status.FAILED for memory_id in answer):
            self._sightings.mark(Mark.ABANDONED)

    def _audio_removed(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        if error is None and actor.kind == "relay":
            self._sightings.mark(Mark.ORPHAN_SWEPT)
        self._promises.after_audio_removed(actor, args, answer, error)
