"""`tox -e sim -- conformance`: what AWS documents, call by call, beside what the emulator does."""

import argparse
import json
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from sim.localstack.conformance.check import Check, CheckResult
from sim.localstack.conformance.target import Target

EXIT_DIFFERS = 1
EXIT_NOTHING_RUN = 2
CONNECT_SECONDS = 5.0

ABOUT = (
    "Compare the emulator with AWS's documentation, call by call. Exits 1 when it differs in a way that "
    "docs/reference/deviations.md does not list."
)

EPILOG = """\
  =  as AWS documents it
  ~  differs, and stays so: the reason is in docs/reference/deviations.md
  X  differs, and nothing says why; or a declared deviation that is gone

examples:
  tox -e sim -- conformance                                  the emulator with our extension, started for this
  tox -e sim -- conformance --differences --service SQS      what differs, of one service
  tox -e sim -- conformance --without exact-queues           without a feature of the extension
  tox -e sim -- conformance --endpoint http://127.0.0.1:4566 another emulator
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    added = commands.add_parser(
        "conformance",
        help=ABOUT.partition(". ")[0],
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("--service", action="append", default=[], metavar="NAME", help="of this service only")
    added.add_argument("-k", dest="word", default="", metavar="WORD", help="checks whose claim contains this word only")
    added.add_argument("--differences", action="store_true", help="print only what differs from AWS")
    added.add_argument("--json", action="store_true", help="print the results as JSON")
    added.add_argument(
        "--endpoint", type=_url, metavar="URL", help="an emulator that runs already (default: start ours)"
    )
    added.add_argument(
        "--without", default="", metavar="NAME,NAME", help="features of the extension to disable, as of `emulator`"
    )
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Run the chosen checks and print them; returns the exit code."""
    from sim.localstack.conformance.documented import catalogue
    from sim.localstack.extension.rawk_emulator.features import UnknownFeature
    from sim.localstack.server import LocalStackNotStarted
    from sim.platform.locked_environment import EnvironmentNotBuilt

    everything = catalogue.all_checks()
    chosen = _chosen(everything, parsed.service, parsed.word)
    if not chosen:
        services = ", ".join(dict.fromkeys(each.service for each in everything))
        print(f"sim conformance: no check matches; the services are {services}", file=sys.stderr)
        return EXIT_NOTHING_RUN
    if parsed.endpoint and not _answers(parsed.endpoint):
        print(f"sim conformance: nothing answers at {parsed.endpoint}", file=sys.stderr)
        return EXIT_NOTHING_RUN
    try:
        with _target(parsed.endpoint, parsed.without) as target:
            results = list(catalogue.run(chosen, target))
    except (EnvironmentNotBuilt, LocalStackNotStarted, UnknownFeature) as error:
        print(f"sim conformance: {error}", file=sys.stderr)
        return EXIT_NOTHING_RUN
    print(as_json(results) if parsed.json else "\n".join(lines_of(results, differences_only=parsed.differences)))
    return 0 if all(each.is_as_declared for each in results) else EXIT_DIFFERS


def _url(text: str) -> str:
    """Raises ArgumentTypeError."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL such as http://127.0.0.1:4566")
    return text


def _answers(url: str) -> bool:
    """Whether a server accepts connections there: without one every check would differ from AWS."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname, port), CONNECT_SECONDS):
            return True
    except (OSError, ValueError):
        return False


def lines_of(results: Iterable[CheckResult], *, differences_only: bool = False) -> Iterator[str]:
    """The results by service, each service with its count, and the count of all."""
    everything = list(results)
    for service, group in groupby(everything, key=lambda each: each.check.service):
        of_service = list(group)
        yield f"{service}: {_count(of_service)}"
        for each in of_service:
            if each.failure or each.check.deviation or not differences_only:
                yield from _lines_of_one(each)
    unknown = sum(not each.is_as_declared for each in everything)
    known = sum(each.is_known_deviation for each in everything)
    yield f"{_count(everything)}; {known} known deviations, {unknown} others"


def as_json(results: Iterable[CheckResult]) -> str:
    """A list of objects: name, service, claim, source, `ours` (null: as AWS), and whether that is declared."""
    return json.dumps(
        [
            {
                "name": each.check.name,
                "service": each.check.service,
                "claim": each.check.claim,
                "source": each.check.source,
                "ours": each.failure,
                "declared": each.is_as_declared,
            }
            for each in results
        ],
        indent=1,
    )


def _lines_of_one(result: CheckResult) -> Iterator[str]:
    check = result.check
    if result.is_as_declared:
        yield f"  {'=' if result.failure is None else '~'} {check.claim}"
    else:
        yield f"  X {check.claim}"
    if result.failure:
        yield f"      ours: {result.failure}"
        yield f"      AWS:  {check.source}"
    if check.deviation:
        yield f"      why:  {check.deviation.reason}"
        if result.failure is None:
            yield "      It is as AWS now: remove its `deviation`."


def _count(results: Sequence[CheckResult]) -> str:
    return f"{sum(each.failure is None for each in results)} of {len(results)} as AWS"


def _chosen(checks: Iterable[Check], services: Sequence[str], word: str) -> list[Check]:
    names = {each.lower() for each in services}
    return [
        each
        for each in checks
        if (not names or each.service.lower() in names) and word.lower() in f"{each.name} {each.claim}".lower()
    ]


@contextmanager
def _target(endpoint_url: str | None, without: str) -> Iterator[Target]:
    """A running emulator, or ours with virtual time, started for this and stopped after it."""
    if endpoint_url:
        yield Target.on_localstack(endpoint_url)
        return
    from sim.localstack.extension.rawk_emulator.features import WITHOUT_VARIABLE
    from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE
    from sim.localstack.server import LocalStack

    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        folder = Path(name)
        variables = {CLOCK_VARIABLE: str(folder / "state" / "clock"), WITHOUT_VARIABLE: without}
        with LocalStack(folder / "state", folder / "localstack.log", extra_env=variables, settings={}) as emulator:
            yield emulator.target
