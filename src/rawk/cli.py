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

from rawk import composition
from rawk.commands import dead_letters, tenant, trace
from rawk.domain.errors import RawkError
from rawk.log import log, log_crashes, write_json_lines
from rawk.use_cases.callers.operations import CallerOperations


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: done. 1: something is down or missing. 2: the command is invalid. 130: interrupted."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except RawkError as error:
        print(f"rawk: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `rawk … | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
    idle = "how long a connection may be idle between requests; longer than the idle timeout of a load balancer (5)"
    serve.add_argument("--idle-seconds", type=int, default=5, metavar="N", help=idle)
    serve.set_defaults(run=_serve)

    migrate = commands.add_parser("migrate", help="migrate the database to the newest (or a named) revision")
    migrate.add_argument("--to", default="head", metavar="REVISION", help="revision, `head`, or `base` (default: head)")
    migrate.set_defaults(run=_migrate)

    trace.add(commands)
    _add_users(commands.add_parser("user", help="who may log in: add, disable, list"))
    _add_keys(commands.add_parser("key", help="API keys beside those of the configuration: new, revoke, list"))
    _add_signing_keys(commands.add_parser("signing-key", help="what tokens are signed with: new, remove, list"))

    tenant.add_commands(
        commands.add_parser("tenant", help="everything of one tenant: export, erase", description=tenant.ABOUT)
    )
    dead_letters.add_commands(
        commands.add_parser("dlq", help="dead letters: list, show, redrive, purge", description=dead_letters.ABOUT)
    )
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


def _add_signing_keys(parser: argparse.ArgumentParser) -> None:
    keys = parser.add_subparsers(required=True, metavar="COMMAND")
    new = keys.add_parser("new", help="a key; it signs tokens from 90 seconds on, and older keys stay valid")
    new.set_defaults(run=lambda _: print(f"signing key {_callers().new_signing_key().id}"))

    remove = keys.add_parser("remove", help="refuse the tokens that the key has signed, within 60 seconds")
    remove.add_argument("id")
    remove.set_defaults(run=lambda options: _callers().remove_signing_key(options.id))

    listing = keys.add_parser("list", help="one line per key, the newest first: id, since when")
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    listing.set_defaults(run=_list_signing_keys)


def _serve(options: argparse.Namespace) -> None:
    from rawk.server.limits import Limits
    from rawk.server.serve import serve

    write_json_lines("INFO", "api")
    log_crashes()
    try:
        serve(host=options.host, port=options.port, limits=Limits(idle_seconds=options.idle_seconds))
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


def _list_signing_keys(options: argparse.Namespace) -> None:
    _print_callers(options, [(key.id, (), key.created_at, None) for key in _callers().list_signing_keys()])


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
