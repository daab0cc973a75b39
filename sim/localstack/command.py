"""`tox -e sim -- emulator`: LocalStack with the extension, for any project, until Ctrl-C."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from sim.localstack.extension.rawk_emulator.features import (
    FEATURES,
    WITHOUT_VARIABLE,
    UnknownFeature,
    disabled_features,
)
from sim.platform.locked_environment import EnvironmentNotBuilt
from sim.platform.paths import ENVIRONMENTS

if TYPE_CHECKING:
    from sim.localstack.conformance import suite

PORT = 4566
EXIT_NOT_STARTED = 2
EXIT_DIED = 1
POLL_SECONDS = 0.5

PASSED_VARIABLES = (
    "ALLOW_NONSTANDARD_REGIONS",
    "CLOUDWATCH_",
    "DEBUG",
    "DISABLE_CORS_",
    "EAGER_SERVICE_LOADING",
    "EVENTS_",
    "EXTRA_CORS_",
    "LAMBDA_",
    "LOCALSTACK_",
    "LS_LOG",
    "PROVIDER_OVERRIDE_",
    "S3_",
    "SERVICES",
    "SIM_EVENTS_FILE",
    "SNS_",
    "SQS_",
    "STRICT_SERVICE_LOADING",
)
"""Prefixes of the variables that are passed to LocalStack: its own settings, and no other variable of the shell."""

CHECKS_OF_FEATURES = {
    "exact-queues": "redrive",
    "memory-limit": "memory-limit",
    "process-executor": "reserved-concurrency",
    "byte-exact-bodies": "exact-bodies",
    "parallel-batches": "parallel-batches",
    "refusals": "mapping-validation",
    "chaos": "chaos-api",
}
"""The conformance check that fails when a feature of the extension is disabled, by feature."""

ABOUT = "Run LocalStack 4.14 with RAWK's extension on this machine, for any project, until Ctrl-C."

EPILOG = f"""\
Functions run as processes of this machine, under the Python of this command or of --lambda-python. The packages that
they import must be installed there. All state is lost when it stops. To use it from an AWS SDK, the CLI or Terraform:

  export AWS_ENDPOINT_URL=http://127.0.0.1:{PORT} AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

features that --without disables (LocalStack then behaves as it does by itself), also by {WITHOUT_VARIABLE}=NAME,NAME:
{chr(10).join(f"  {each.name:18} {each.description}" for each in FEATURES)}

with --virtual-time, time can be advanced; visibility timeouts, delays, schedules and deadlines follow. The functions
follow too; their interpreter needs the package time-machine:
  curl -X POST http://127.0.0.1:{PORT}/_rawk/time -d '{{"advance_seconds": 1800}}'

LocalStack's own settings (DEBUG=1, LAMBDA_..., SQS_..., ...) are read from the environment.
More: docs/reference/emulator.md
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    added = commands.add_parser(
        "emulator",
        help=ABOUT.rstrip("."),
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("--port", type=port_of, default=PORT, help="the port to listen on (default: %(default)s)")
    added.add_argument(
        "--listen", default="127.0.0.1", metavar="ADDRESS", help="the address to listen on (default: %(default)s)"
    )
    added.add_argument(
        "--without",
        type=_features,
        action="extend",
        default=[],
        metavar="NAME,NAME",
        help="features to disable, see below",
    )
    added.add_argument(
        "--lambda-python",
        type=_python,
        default=Path(sys.executable),
        metavar="PATH",
        help="the interpreter of the functions",
    )
    added.add_argument("--virtual-time", action="store_true", help="time can be advanced (default: the machine's time)")
    added.add_argument("--no-egress", action="store_true", help="make every call fail that would leave this machine")
    added.add_argument("--no-checks", action="store_true", help="do not run the conformance checks after the start")
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit code."""
    from sim.localstack.server import LocalStackNotStarted

    try:
        with ends_quietly():
            return _serve(parsed)
    except (LocalStackNotStarted, EnvironmentNotBuilt, UnknownFeature) as error:
        print(f"sim emulator: {error}", file=sys.stderr)
        return EXIT_NOT_STARTED
    except KeyboardInterrupt:
        print("stopped")
        return 0


def _serve(parsed: argparse.Namespace) -> int:
    from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE
    from sim.localstack.server import EGRESS_GUARD, LocalStack, LocalStackNotStarted
    from sim.platform.killed_runs import clear_stale

    if not is_own_address(parsed.listen):
        raise LocalStackNotStarted(f"{parsed.listen!r} is not an address of this machine: choose another --listen.")
    if parsed.virtual_time and not _runs(parsed.lambda_python, "import time_machine"):
        raise LocalStackNotStarted(f"--virtual-time needs the package time-machine in {parsed.lambda_python}.")
    began = time.monotonic()
    home = ENVIRONMENTS.parent
    clear_stale(home)
    folder = home / f"emulator-{parsed.port}"
    log = folder / "localstack.log"
    own = {CLOCK_VARIABLE: str(folder / "state" / "clock")} if parsed.virtual_time else {}
    localstack = LocalStack(
        folder / "state",
        log,
        parsed.lambda_python,
        (EGRESS_GUARD,) if parsed.no_egress else (),
        {**settings_of(os.environ), **own, WITHOUT_VARIABLE: _without(parsed)},
        settings={},
        port=parsed.port,
        listen=parsed.listen,
    )
    try:
        localstack.start(_say)
        _say(f"ready at {localstack.endpoint_url} after {time.monotonic() - began:.1f} s; its log: {log}")
        if not parsed.no_checks:
            _report_checks(localstack.target)
        _say("Ctrl-C stops it")
        while localstack.is_alive():
            time.sleep(POLL_SECONDS)
    finally:
        localstack.stop()
    print(f"sim emulator: LocalStack ended unexpectedly; see {log}", file=sys.stderr)
    return EXIT_DIED


def _report_checks(target: "suite.Target") -> None:
    from sim.localstack.conformance import suite

    for line in suite.report(suite.run(target, tuple(CHECKS_OF_FEATURES.values()))):
        _say(line)


@contextmanager
def ends_quietly() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does."""

    def leave(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def settings_of(environment: "os._Environ[str]") -> dict[str, str]:
    """LocalStack's own settings among the variables of the shell."""
    return {name: value for name, value in environment.items() if name.startswith(PASSED_VARIABLES)}


def _without(parsed: argparse.Namespace) -> str:
    return ",".join(sorted({*parsed.without, *disabled_features(os.environ)}))


def _say(line: str) -> None:
    print(line, flush=True)


def port_of(text: str) -> int:
    """A TCP port as an argument. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is not a port; a port is between 1 and 65535")
    return int(text)


def is_own_address(address: str) -> bool:
    """Whether a server of this machine can listen there."""
    try:
        for family, kind, protocol, _, (host, *_) in socket.getaddrinfo(address, None, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as probe:
                probe.bind((host, 0))
    except OSError:
        return False
    return True


def _features(text: str) -> list[str]:
    try:
        return sorted(disabled_features({WITHOUT_VARIABLE: text}))
    except UnknownFeature as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _python(text: str) -> Path:
    if not _runs(Path(text), ""):
        raise argparse.ArgumentTypeError(f"{text} is not a Python interpreter")
    return Path(text).absolute()


def _runs(python: Path, source: str) -> bool:
    try:
        # The output is compared because /bin/true would exit with 0 too.
        done = subprocess.run([python, "-c", f"{source}\nprint('ok')"], capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == b"ok"
