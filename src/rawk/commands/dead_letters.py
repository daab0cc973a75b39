"""`rawk dlq`: an operator lists dead letters, looks into one, redrives and purges some or all."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rawk import composition
from rawk.commands.times import FORMATS, moment, time_or_ago
from rawk.domain.errors import RawkError
from rawk.domain.memory import FailureReason
from rawk.domain.messages import ids_in
from rawk.use_cases.dead_letters import (
    ALL,
    DELETED,
    DONE,
    POISON,
    UNFINISHED,
    UNPROCESSED,
    ClassifiedDeadLetter,
    DeadLetterOperations,
    Selection,
)

WHYS = [*(reason.value for reason in FailureReason), POISON, DELETED, UNPROCESSED, UNFINISHED, DONE]
MAX_DEAD_LETTERS = 10_000
"""Most dead letters that one command reads."""
SAMPLES = 5
AGES = {
    timedelta(hours=1): "under an hour",
    timedelta(days=1): "under a day",
    timedelta(days=4): "under 4 days",
    timedelta.max: "4 days and more",
}
"""SQS keeps a job for 4 days."""

ABOUT = "Jobs that no worker could finish. They stay for 14 days: mend the cause, then send them back to the queue."
SELECTING = f"""\
Options that select dead letters may be combined: a dead letter is taken if all of them apply; a repeated
option takes what any of its values names. WHEN is {FORMATS}.

dead since: SQS does not keep when it moved a message. It is the time when the memory failed, or changed last;
of a message without a memory (poison, deleted), the time when it was sent.
"""
REDRIVE = f"""\
Send dead letters back to the jobs queue. Without a selection SQS moves all of them itself; selected ones are
sent and then removed one by one, so that an interruption loses none. Work that is committed is not done again,
and not paid for again.

{SELECTING}
examples:
  rawk dlq redrive --dry-run                                what would go back; changes nothing
  rawk dlq redrive --only openai_unavailable --dead-since 2h
  rawk dlq redrive --accepted-since 2026-11-30T08:00Z --accepted-before 2026-11-30T09:30Z
  rawk dlq redrive --memory 8c0f2a4e-…                      one recording
  rawk dlq redrive --only openai_quota --max-per-second 2   slowly
"""
PURGE = f"""\
Delete dead letters for good. Without --yes it only says which. A memory that failed stays failed; its owner
can still retry it.

{SELECTING}
examples:
  rawk dlq purge --only poison          which messages are no jobs; changes nothing
  rawk dlq purge --only poison --yes    delete them
"""


def add_commands(parser: argparse.ArgumentParser) -> None:
    dlq = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], about: str, text: str) -> argparse.ArgumentParser:
        added = dlq.add_parser(name, help=about, description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
        added.set_defaults(run=run, parser=added)
        return added

    listing = command("list", _list, "one line per dead letter: message, memory, why, receives, sent", SELECTING)
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    _add_selection(listing)

    show = command("show", _show, "one dead letter with its body and its memory", "")
    show.add_argument("message_id")

    redrive = command("redrive", _redrive, "send dead letters back to the jobs queue: all, or a selection", REDRIVE)
    _add_selection(redrive)
    redrive.add_argument("--max-per-second", type=_rate, metavar="N", help="1 to 500")
    redrive.add_argument("--json", action="store_true", help="of a selection, a log line for each, for `rawk trace`")
    redrive.add_argument("--dry-run", action="store_true", help="say what would go back, and change nothing")

    purge = command("purge", _purge, "delete dead letters: all, or a selection", PURGE)
    _add_selection(purge)
    purge.add_argument("--yes", action="store_true", help="delete them; without this option only say which")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("selection")
    repeated: dict[str, Any] = {"action": "append"}
    group.add_argument("--only", choices=WHYS, metavar="WHY", help=f"its reason, one of: {', '.join(WHYS)}", **repeated)
    group.add_argument("--memory", type=_memory_id, metavar="ID", help="of this recording", **repeated)
    group.add_argument("--message", metavar="ID", help="this message, as `rawk dlq list` names it", **repeated)
    for option, about in (
        ("--accepted-since", "the API accepted the recording at or after WHEN"),
        ("--accepted-before", "the API accepted the recording before WHEN"),
        ("--dead-since", "dead at or after WHEN"),
        ("--dead-before", "dead before WHEN"),
    ):
        group.add_argument(option, type=time_or_ago, metavar="WHEN", help=about)


def _rate(text: str) -> int:
    """SQS moves at most 500 messages a second (StartMessageMoveTask, MaxNumberOfMessagesPerSecond)."""
    if not text.isdecimal() or not 1 <= int(text) <= 500:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 500")
    return int(text)


def _memory_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no id of a memory") from error


def _selection(options: argparse.Namespace, now: datetime) -> Selection:
    """Ends the command with exit code 2 when nothing can be selected."""
    try:
        return Selection(
            whys=_some(options.only),
            memory_ids=_some(options.memory),
            message_ids=_some(options.message),
            accepted_since=moment(options.accepted_since, now),
            accepted_before=moment(options.accepted_before, now),
            dead_since=moment(options.dead_since, now),
            dead_before=moment(options.dead_before, now),
        )
    except ValueError as error:
        parser: argparse.ArgumentParser = options.parser
        parser.error(str(error))


def _some(given: Sequence[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)


def _operations() -> DeadLetterOperations:
    return composition.build_dead_letter_operations(os.environ)


def _list(options: argparse.Namespace) -> None:
    operations = _operations()
    selection = _selection(options, operations.clock.now())
    classified = operations.classify(MAX_DEAD_LETTERS)
    selected = [letter for letter in classified if selection.takes(letter)]
    for letter in selected:
        print(json.dumps(_described(letter)) if options.json else _line(letter))
    if not options.json:
        print(f"{len(selected)} dead letters")
    _warn_of_others(operations.count() - len(classified))


def _show(options: argparse.Namespace) -> None:
    for letter in _operations().classify(MAX_DEAD_LETTERS):
        if letter.letter.message_id == options.message_id:
            print(json.dumps({**_described(letter), "body": letter.letter.body}, indent=2))
            return
    raise RawkError(f"there is no dead letter {options.message_id}; `rawk dlq list` shows all")


def _redrive(options: argparse.Namespace) -> None:
    operations = _operations()
    selection = _selection(options, operations.clock.now())
    if options.dry_run:
        _preview(operations, selection, "would be redriven; nothing was changed")
    elif selection == ALL:
        print(f"redriving about {operations.redrive_all(options.max_per_second)} dead letters")
    else:
        redriven = operations.redrive_only(selection, MAX_DEAD_LETTERS, options.max_per_second)
        if options.json:
            _log(operations, selection, redriven)
        else:
            _report(operations, selection, redriven, "redriven")


def _purge(options: argparse.Namespace) -> None:
    operations = _operations()
    selection = _selection(options, operations.clock.now())
    if options.yes:
        _report(operations, selection, operations.purge(MAX_DEAD_LETTERS, selection), "removed")
    else:
        _preview(operations, selection, "would be removed; add --yes to remove them")


def _log(operations: DeadLetterOperations, selection: Selection, letters: Iterable[ClassifiedDeadLetter]) -> None:
    """As the other parts log; an operator's terminal is no log by itself."""
    taken: list[ClassifiedDeadLetter] = []
    for letter in letters:
        ids = {"message_id": letter.letter.message_id, **ids_in(letter.letter.body)}
        written = {"timestamp": operations.clock.now().isoformat(timespec="milliseconds"), "level": "INFO"}
        about = {"service": "operator", "event": "dead_letter_redriven", **ids, "why": letter.why}
        print(json.dumps({**written, **about}), flush=True)
        taken.append(letter)
    _require_named(selection, taken)


def _report(
    operations: DeadLetterOperations, selection: Selection, letters: Iterable[ClassifiedDeadLetter], done: str
) -> None:
    """Say what is done at once, so that it is known when the next call is interrupted."""
    taken: list[ClassifiedDeadLetter] = []
    try:
        for letter in letters:
            print(_line(letter), flush=True)
            taken.append(letter)
    finally:
        whys = f": {_counts(each.why for each in taken)}" if taken else ""
        print(f"{len(taken)} dead letters {done}{whys}")
    print(f"about {operations.count()} dead letters are left")
    _require_named(selection, taken)


def _preview(operations: DeadLetterOperations, selection: Selection, verdict: str) -> None:
    classified = operations.classify(MAX_DEAD_LETTERS)
    selected = sorted(filter(selection.takes, classified), key=lambda each: each.accepted_at)
    print(f"{len(selected)} of {len(classified)} dead letters {verdict}")
    if selected:
        now = operations.clock.now()
        print(f"by reason:  {_counts(each.why for each in selected)}")
        print(f"by tenant:  {_counts(each.memory.tenant if each.memory else '-' for each in selected)}")
        print(f"by age:     {_counts(_age(now - each.accepted_at) for each in selected)}")
        print(f"oldest:     accepted {_second(selected[0].accepted_at)}")
        print(f"newest:     accepted {_second(selected[-1].accepted_at)}")
        print(f"dead:       {_dead(selected)}")
        print(*map(_line, selected[:SAMPLES]), sep="\n")
        if len(selected) > SAMPLES:
            print(f"and {len(selected) - SAMPLES} more; `rawk dlq list` shows them with the same options")
    _warn_of_others(operations.count() - len(classified))
    _require_named(selection, selected)


def _require_named(selection: Selection, found: Iterable[ClassifiedDeadLetter]) -> None:
    """Raises RawkError when a dead letter that was named is not among them."""
    memories, messages = set(selection.memory_ids or ()), set(selection.message_ids or ())
    for each in found:
        memories.discard(each.memory_id or "")
        messages.discard(each.letter.message_id)
    if missing := [*(f"of memory {each}" for each in sorted(memories)), *sorted(messages)]:
        raise RawkError(
            f"not found: the dead letter {', '.join(missing)}; it is gone, another reader holds it,"
            " or another option excludes it: `rawk dlq list` shows all"
        )


def _warn_of_others(others: int) -> None:
    if others > 0:
        print(f"rawk: SQS counts about {others} more, which it did not give; repeat the command", file=sys.stderr)


def _counts(values: Iterable[str]) -> str:
    return ", ".join(f"{value} {count}" for value, count in Counter(values).most_common())


def _age(age: timedelta) -> str:
    return next(text for bound, text in AGES.items() if age < bound)


def _dead(letters: Iterable[ClassifiedDeadLetter]) -> str:
    since = [each.dead_since for each in letters]
    return f"from {_second(min(since))} to {_second(max(since))}"


def _second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _line(classified: ClassifiedDeadLetter) -> str:
    letter = classified.letter
    memory_id = classified.memory_id or "-"
    sent_at = _second(letter.first_sent_at)
    return f"{letter.message_id}  {memory_id:36}  {classified.why:20}  receives={letter.receive_count}  sent={sent_at}"


def _described(classified: ClassifiedDeadLetter) -> dict[str, Any]:
    memory = classified.memory
    return {
        "message_id": classified.letter.message_id,
        "memory_id": classified.memory_id,
        "tenant": memory.tenant if memory else None,
        "why": classified.why,
        "detail": memory.failure_detail if memory else None,
        "status": memory.status.value if memory else None,
        "attempts": memory.attempts if memory else None,
        "receive_count": classified.letter.receive_count,
        "first_sent_at": classified.letter.first_sent_at.isoformat(),
        "accepted_at": classified.accepted_at.isoformat(),
        "dead_since": classified.dead_since.isoformat(),
    }
