"""Entry point of the command `rawk`: the API's server, and operators' commands.

Settings come from the environment (see `rawk.config`).
"""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rawk import composition
from rawk.domain.errors import RawkError
from rawk.domain.memory import FailureReason
from rawk.log import log, log_crashes, write_json_lines
from rawk.use_cases.callers.operations import CallerOperations
from rawk.use_cases.dead_letters import (
    DELETED,
    DONE,
    POISON,
    UNFINISHED,
    UNPROCESSED,
    ClassifiedDeadLetter,
    DeadLetterOperations,
)

WHYS = [*(reason.value for reason in FailureReason), POISON, DELETED, UNPROCESSED, UNFINISHED, DONE]
MAX_DEAD_LETTERS = 10_000
"""Most dead letters that one command reads."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: done. 1: something is down or missing. 2: the command is invalid. 130: interrupted."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except RawkError as error:
        print(f"rawk: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rawk: interrupted; completed operations are kept", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rawk", description="Operate the voice-recording pipeline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="the API, until SIGTERM")
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen at (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8080, metavar="N", help="port to listen at; 0: a free one (8080)")
    serve.set_defaults(run=_serve)

    migrate = commands.add_parser("migrate", help="migrate the database to the newest (or a named) revision")
    migrate.add_argument("--to", default="head", metavar="REVISION", help="revision, `head`, or `base` (default: head)")
    migrate.set_defaults(run=_migrate)

    _add_users(commands.add_parser("user", help="who may log in: add, disable, list"))
    _add_keys(commands.add_parser("key", help="API keys beside those of the configuration: new, revoke, list"))

    dlq = commands.add_parser("dlq", help="dead letters: list, show, redrive, purge").add_subparsers(
        required=True, metavar="COMMAND"
    )
    listing = dlq.add_parser("list", help="one line per dead letter: message, memory, why, receives, age")
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    listing.set_defaults(run=_list)

    show = dlq.add_parser("show", help="one dead letter with its body and its memory")
    show.add_argument("message_id")
    show.set_defaults(run=_show)

    redrive = dlq.add_parser("redrive", help="send dead letters back to the jobs queue (all, or --only some)")
    redrive.add_argument("--only", action="append", choices=WHYS, metavar="WHY", help=f"one of: {', '.join(WHYS)}")
    redrive.add_argument("--max-per-second", type=_rate, metavar="N", help="1 to 500")
    redrive.set_defaults(run=_redrive)

    purge = dlq.add_parser("purge", help="delete dead letters")
    purge.add_argument("--only", action="append", choices=WHYS, metavar="WHY", help=f"one of: {', '.join(WHYS)}")
    purge.add_argument("--yes", action="store_true", help="delete them; without this option only list them")
    purge.set_defaults(run=_purge)
    return parser


def _add_users(parser: argparse.ArgumentParser) -> None:
    users = parser.add_subparsers(required=True, metavar="COMMAND")
    adding = users.add_parser("add", help="a user; the password is typed, a line of input, or RAWK_NEW_PASSWORD")
    adding.add_argument("name")
    adding.add_argument("--tenant", action="append", required=True, metavar="TENANT", help="may be given several times")
    adding.set_defaults(run=_add_user)

    disable = users.add_parser("disable", help="refuse the user's logins and tokens from now on")
    disable.add_argument("name")
    disable.set_defaults(run=lambda options: _callers().disable_user(options.name))

    listing = users.add_parser("list", help="one line per user: name, tenants, since when")
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    listing.set_defaults(run=_list_users)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    keys = parser.add_subparsers(required=True, metavar="COMMAND")
    new = keys.add_parser("new", help="a key, which is printed this once; the database has its digest only")
    new.add_argument("--tenant", action="append", required=True, metavar="TENANT", help="may be given several times")
    new.set_defaults(run=_new_key)

    revoke = keys.add_parser("revoke", help="refuse the key from now on")
    revoke.add_argument("id")
    revoke.set_defaults(run=lambda options: _callers().revoke_key(options.id))

    listing = keys.add_parser("list", help="one line per key: id, tenants, since when")
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    listing.set_defaults(run=_list_keys)


def _rate(text: str) -> int:
    """SQS moves at most 500 messages a second (StartMessageMoveTask, MaxNumberOfMessagesPerSecond)."""
    if not text.isdecimal() or not 1 <= int(text) <= 500:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 500")
    return int(text)


def _serve(options: argparse.Namespace) -> None:
    from rawk.server.serve import serve

    write_json_lines("INFO", "api")
    log_crashes()
    try:
        serve(host=options.host, port=options.port)
    except RawkError as error:
        log.error("start_failed", error=f"{type(error).__name__}: {error}")
        sys.exit(1)


def _migrate(options: argparse.Namespace) -> None:
    before, after = composition.migrate(os.environ, options.to)
    print(f"database was at {before or 'nothing'}, is at {after or 'nothing'}")


def _callers() -> CallerOperations:
    return composition.build_caller_operations(os.environ)


def _add_user(options: argparse.Namespace) -> None:
    """A password as an argument would be in the shell's history and in the list of processes."""
    given = os.environ.get("RAWK_NEW_PASSWORD")
    if given is None:
        given = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    _callers().add_user(options.name, options.tenant, given)


def _list_users(options: argparse.Namespace) -> None:
    users = _callers().list_users()
    _print_callers(options, [(user.name, user.tenants, user.created_at, user.disabled_at) for user in users])


def _new_key(options: argparse.Namespace) -> None:
    key, secret = _callers().new_key(options.tenant)
    print(f"rawk: key {key.id} for {', '.join(key.tenants)}; it is not shown again", file=sys.stderr)
    print(secret)


def _list_keys(options: argparse.Namespace) -> None:
    keys = _callers().list_keys()
    _print_callers(options, [(key.id, key.tenants, key.created_at, key.revoked_at) for key in keys])


def _print_callers(
    options: argparse.Namespace, callers: Iterable[tuple[str, tuple[str, ...], datetime, datetime | None]]
) -> None:
    for name, tenants, since, until in callers:
        times = {"since": since.isoformat(timespec="seconds")}
        if until is not None:
            times["until"] = until.isoformat(timespec="seconds")
        if options.json:
            print(json.dumps({"name": name, "tenants": tenants, **times}))
        else:
            print(f"{name:36}  {','.join(tenants):20}  {'  '.join(f'{n}={at}' for n, at in times.items())}")


def _list(options: argparse.Namespace) -> None:
    operations = composition.build_dead_letter_operations(os.environ)
    classified = operations.classify(MAX_DEAD_LETTERS)
    for letter in classified:
        print(json.dumps(_described(letter)) if options.json else _line(letter))
    if not options.json:
        print(f"{len(classified)} dead letters")
    _warn_of_others(operations.count() - len(classified))


def _show(options: argparse.Namespace) -> None:
    for letter in composition.build_dead_letter_operations(os.environ).classify(MAX_DEAD_LETTERS):
        if letter.letter.message_id == options.message_id:
            print(json.dumps({**_described(letter), "body": letter.letter.body}, indent=2))
            return
    raise RawkError(f"there is no dead letter {options.message_id}; `rawk dlq list` shows all")


def _redrive(options: argparse.Namespace) -> None:
    operations = composition.build_dead_letter_operations(os.environ)
    if options.only:
        _report(operations.redrive_only(options.only, MAX_DEAD_LETTERS, options.max_per_second), "redriven")
        _report_rest(operations)
    else:
        print(f"redriving about {operations.redrive_all(options.max_per_second)} dead letters")


def _purge(options: argparse.Namespace) -> None:
    operations = composition.build_dead_letter_operations(os.environ)
    if options.yes:
        _report(operations.purge(MAX_DEAD_LETTERS, options.only), "removed")
        _report_rest(operations)
        return
    selected = [
        letter for letter in operations.classify(MAX_DEAD_LETTERS) if not options.only or letter.why in options.only
    ]
    _report(selected, "would be removed; add --yes to remove them")


def _report(letters: Iterable[ClassifiedDeadLetter], done: str) -> None:
    count = 0
    try:
        for letter in letters:
            print(_line(letter))
            count += 1
    finally:
        print(f"{count} dead letters {done}")


def _report_rest(operations: DeadLetterOperations) -> None:
    """SQS may have hidden some from this command: the operator sees that they are there."""
    print(f"about {operations.count()} dead letters are left")


def _warn_of_others(others: int) -> None:
    if others > 0:
        print(f"rawk: SQS counts about {others} more, which it did not give; repeat the command", file=sys.stderr)


def _line(classified: ClassifiedDeadLetter) -> str:
    letter = classified.letter
    memory_id = classified.job.memory_id if classified.job else "-"
    sent_at = letter.first_sent_at.isoformat(timespec="seconds")
    return f"{letter.message_id}  {memory_id:36}  {classified.why:20}  receives={letter.receive_count}  sent={sent_at}"


def _described(classified: ClassifiedDeadLetter) -> dict[str, Any]:
    memory = classified.memory
    return {
        "message_id": classified.letter.message_id,
        "memory_id": classified.job.memory_id if classified.job else None,
        "why": classified.why,
        "detail": memory.failure_detail if memory else None,
        "status": memory.status.value if memory else None,
        "attempts": memory.attempts if memory else None,
        "receive_count": classified.letter.receive_count,
        "first_sent_at": classified.letter.first_sent_at.isoformat(),
    }
