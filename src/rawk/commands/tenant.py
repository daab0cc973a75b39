"""`rawk tenant`: an operator exports and erases everything of one tenant."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from rawk import composition
from rawk.commands.dead_letters import MAX_DEAD_LETTERS
from rawk.commands.export_folder import AUDIO, MEMORIES, ExportFolder
from rawk.domain.audio_keys import audio_key
from rawk.domain.errors import RawkError
from rawk.domain.memory import Memory, Status
from rawk.use_cases.audio_formats import file_name_for
from rawk.use_cases.recovery import BATCH
from rawk.use_cases.tenants import Callers, Erased, Holdings, TenantExport

ABOUT = "Hand over, or remove, everything that is stored of one tenant."
EXPORT = """\
Write all memories of the tenant and their audio to a folder:

  manifest.json    whether the export is complete, counts, and size and SHA-256 of every file
  memories.jsonl   one memory a line: status, times, title, transcript, analysis, usage, failure, history, audio file
  audio/           the recordings, as long as they are kept (90 days, unless configured otherwise)

After an interruption run the command again: audio that is there with the right digest is not downloaded again, and the
memories are written as they are then. Only a manifest with "complete": true belongs to a whole export. The folder
holds what clients recorded: only its owner may read it.

example:
  rawk tenant export acme --to ./acme-export
"""
ERASE = f"""\
Remove everything of the tenant. Without --yes it only says what there is, and changes nothing. With --yes, in order:

  1. users and keys stand for this tenant no more; those that stood for no other are disabled and revoked
  2. every memory is deleted as its owner would: row, history, audio; jobs in the queue find it deleted
  3. dead letters of its memories are purged
  4. what is left of its uploads is removed

After an interruption, or when a client recorded meanwhile, run the command again: it removes what is left. Nothing
brings erased recordings back: `rawk tenant export` first.

What it cannot remove is in docs/reference/privacy.md: keys of the configuration (API_KEYS_JSON), database backups,
log lines with ids. One command reads {MAX_DEAD_LETTERS} dead letters at most.

examples:
  rawk tenant erase acme          what there is; changes nothing
  rawk tenant erase acme --yes    erase it
"""
REMAINS = """\
remains, and expires by itself (docs/reference/privacy.md):
  tombstones with memory ids, 30 days; jobs in SQS until they are received, 4 days at most
  log lines with ids, until the log retention ends; database backups, until they expire
  what a form that was issued before still uploads in its 15 minutes: run the command again then, or within two days the
  bucket's rule removes it
keys of the configuration are not changed: remove {tenant} from API_KEYS_JSON, or they can record for it again"""


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, about, text in (
        ("export", _export, "write all memories and their audio to a folder", EXPORT),
        ("erase", _erase, "remove everything of the tenant; without --yes only say what there is", ERASE),
    ):
        command = commands.add_parser(
            name, help=about, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        command.add_argument("tenant", metavar="TENANT", type=_tenant)
        command.set_defaults(run=run)
        if run is _export:
            command.add_argument(
                "--to", type=Path, required=True, metavar="FOLDER", help="a new folder, or to continue"
            )
        else:
            command.add_argument("--yes", action="store_true", help="erase; without this option only say what there is")


def _tenant(text: str) -> str:
    try:
        audio_key(text, "check")
    except RawkError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error
    return text


# export


@dataclass(slots=True)
class _Export:
    export: TenantExport
    folder: ExportFolder
    statuses: Counter[str] = field(default_factory=Counter)
    audio: Counter[str] = field(default_factory=Counter)

    def lines(self, memories: Iterable[Memory]) -> Iterator[Mapping[str, Any]]:
        for memory in memories:
            state, file = self._audio_of(memory)
            self.statuses[memory.status.value] += 1
            self.audio[state] += 1
            history = [
                {"status": each.status.value, "at": each.at.isoformat()} for each in self.export.history_of(memory)
            ]
            yield {
                **_described(memory),
                "history": history,
                "audio": {**_audio_described(memory), "state": state, **file},
            }
            _progress(self.statuses.total(), "memories exported")

    def _audio_of(self, memory: Memory) -> tuple[str, dict[str, str]]:
        """Whether the audio is there, and its file."""
        name = memory.id + Path(file_name_for(memory.audio_content_type)).suffix
        if memory.audio_sha256 is not None and self.folder.has_audio(name, memory.audio_sha256):
            return "exported", {"file": f"{AUDIO}/{name}"}
        content = self.export.audio_of(memory)
        if content is None:
            return "not_submitted" if memory.status is Status.UPLOADING else "missing", {}
        self.folder.write_audio(name, content)
        as_accepted = memory.audio_sha256 in (None, sha256(content).hexdigest())
        return "exported" if as_accepted else "altered", {"file": f"{AUDIO}/{name}"}


def _export(options: argparse.Namespace) -> None:
    export = composition.build_tenant_export(os.environ)
    memories = export.memories_of(options.tenant)
    first = next(memories, None)
    if first is None:
        raise RawkError(f"there are no memories of the tenant {options.tenant}: check the name")
    folder = ExportFolder(options.to, options.tenant)
    folder.open()
    exporting = _Export(export, folder)
    folder.write_memories(exporting.lines(_with_first(first, memories)))
    folder.complete({"memories": dict(exporting.statuses), "audio": dict(exporting.audio)})
    print(
        f"exported to {options.to}: {exporting.statuses.total()} memories in {MEMORIES}: {_counts(exporting.statuses)}"
    )
    print(f"audio: {_counts(exporting.audio)}")
    if exporting.audio["altered"]:
        print("rawk: altered audio is not what the API accepted; it is exported as it is", file=sys.stderr)


def _with_first(first: Memory, rest: Iterable[Memory]) -> Iterator[Memory]:
    yield first
    yield from rest


def _described(memory: Memory) -> dict[str, Any]:
    """Everything but what is internal to the pipeline: lease, message, key in the bucket."""
    times = ("recorded_at", "created_at", "updated_at", "transcribed_at", "completed_at")
    reason = memory.failure_reason
    return {
        "id": memory.id,
        "tenant": memory.tenant,
        "status": memory.status.value,
        **{name: at.isoformat() if (at := getattr(memory, name)) else None for name in times},
        "title": memory.title,
        "transcript": memory.transcript,
        "analysis": asdict(memory.analysis) if memory.analysis else None,
        "analysis_state": memory.analysis_state.value if memory.analysis_state else None,
        "failure": {"reason": reason.value, "detail": memory.failure_detail} if reason else None,
        "usage": {
            "attempts": memory.attempts,
            "openai_calls": memory.openai_calls,
            "billed_seconds": memory.billed_seconds,
        },
        "correlation_id": memory.correlation_id,
    }


def _audio_described(memory: Memory) -> dict[str, Any]:
    return {"content_type": memory.audio_content_type, "bytes": memory.audio_bytes, "sha256": memory.audio_sha256}


# erasure


def _erase(options: argparse.Namespace) -> None:
    erasure = composition.build_tenant_erasure(os.environ)
    if not options.yes:
        _preview(options.tenant, erasure.holdings(options.tenant, MAX_DEAD_LETTERS))
        return
    erased: Counter[str] = Counter()
    try:
        for step in erasure.erase(options.tenant, MAX_DEAD_LETTERS):
            erased[step.value] += 1
            _progress(erased[step.value], f"{step.value} erased")
    finally:  # so that it is known what is done when it is interrupted
        print(f"erased: {_counts({each.value: erased[each.value] for each in Erased})}")
    if not erased:
        print(f"nothing of the tenant {options.tenant} was stored: it was erased before, or the name is another")
    print(REMAINS.format(tenant=options.tenant))


def _preview(tenant: str, holdings: Holdings) -> None:
    if not holdings.any:
        print(f"nothing of the tenant {tenant} is stored: it was erased, or the name is another")
        return
    statuses = {status.value: holdings.memories[status] for status in Status if holdings.memories[status]}
    print(f"memories:       {holdings.memories.total()}{': ' if statuses else ''}{_counts(statuses)}")
    print(f"audio objects:  {holdings.audio_objects}")
    print(f"dead letters:   {holdings.dead_letters}")
    print(f"users:          {_ending(holdings.users, 'disabled')}")
    print(f"keys:           {_ending(holdings.keys, 'revoked')}")
    print("nothing was changed; add --yes to erase all of it for good")


def _ending(callers: Callers, ended: str) -> str:
    groups = (
        (callers.of_it_only, f"to be {ended}"),
        (callers.of_others_too, "to stand for their other tenants only"),
    )
    return "; ".join(f"{', '.join(names)} {what}" for names, what in groups if names) or "none"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _progress(count: int, what: str) -> None:
    if count % BATCH == 0:
        print(f"rawk: {count} {what}", file=sys.stderr, flush=True)
