"""`tox -e fuzz`: schemathesis sends thousands of requests, valid and invalid ones, to the API of an embedded world."""

import argparse
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from sim.platform.paths import REPOSITORY
from tests.fuzz.api import SMALL_LIMIT, Api, running_api
from tests.fuzz.sending import STATEFUL, Pass, send
from tests.fuzz.tally import Tally

FOLDER = REPOSITORY / ".sim" / "fuzz"
IDENTITIES = ("key", "token", "nothing")
LIMITED = "limited"
LIMITED_EXAMPLES = 2
REQUESTS = 5_000
REQUESTS_PER_EXAMPLE = 18
"""Of one caller in the pass of all phases; a low estimate."""
EXAMPLES_PER_STATEFUL_PASS = 20
"""schemathesis ends a stateful phase when the API answers a repeated scenario in another way, as a worker makes it do.
So there are several passes with seeds of their own, in proportion to the examples."""
WITHIN_MINUTES = 60.0
EXIT_FOUND, EXIT_TOO_FEW = 1, 3

EPILOG = """\
Three callers send requests of the same kinds: with an API key, with a token, and with nothing. In a last run, called
limited, the API lets one request a second of a caller pass, and must refuse others with 429. The records of all
exchanges are in .sim/fuzz.

Exits 1 when a check fails; the finding shows the request as a curl command, and the last line the command that sends
the same requests again. Exits 3 when fewer requests were sent than asked for, or not all of them in time.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Send the requests and print the counts; returns the exit code."""
    parsed = _parser().parse_args(arguments)
    runs = [parsed.only] if parsed.only else [*IDENTITIES, LIMITED]
    print(f"seed: {parsed.seed}", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    end = time.monotonic() + parsed.within_minutes * 60
    with running_api(FOLDER, parsed.seed) as api:
        try:
            results = {run: _run(api, run, parsed.requests, parsed.seed, end) for run in runs}
        except subprocess.TimeoutExpired:
            print(f"fuzz: not finished within {parsed.within_minutes:g} minutes, seed {parsed.seed}", file=sys.stderr)
            return EXIT_TOO_FEW
    total = sum((tally for _, tally in results.values()), Tally())
    print("\n".join(total.lines()), f"{total.requests} requests, seed {parsed.seed}", sep="\n", flush=True)
    for run in (run for run, (clean, _) in results.items() if not clean):
        again = f"tox -e fuzz -- --only {run} --requests {parsed.requests} --seed {parsed.seed}"
        print(f"fuzz: findings with {run}; this sends the same requests again: {again}", flush=True)
    if not all(clean for clean, _ in results.values()):
        return EXIT_FOUND
    if total.requests < parsed.requests and not parsed.only:
        print(f"fuzz: only {total.requests} of {parsed.requests} requests were sent", file=sys.stderr)
        return EXIT_TOO_FEW
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tox -e fuzz --",
        description=__doc__.partition(": ")[2],
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    seed = random.randrange(2**31)
    parser.add_argument("--seed", type=int, default=seed, help="the seed of all random choices (default: a new one)")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="send at least so many (default: %(default)s)")
    parser.add_argument(
        "--within-minutes", type=float, default=WITHIN_MINUTES, help="the limit of time (default: %(default)g)"
    )
    parser.add_argument("--only", choices=(*IDENTITIES, LIMITED), help="only this caller's run")
    return parser


def _run(api: Api, run: str, requests: int, seed: int, end: float) -> tuple[bool, Tally]:
    """All passes of one caller: whether they found nothing, and their counts. Raises TimeoutExpired."""
    if run == LIMITED:
        api.start(SMALL_LIMIT)
    clean, total = True, Tally()
    for number, each in enumerate(_passes(api, run, requests, seed)):
        print(f"\n=== {run}, pass {number + 1}: {each.phases}, at most {each.examples} examples of each", flush=True)
        record = FOLDER / f"{run}-{number + 1}.ndjson"
        found_nothing, tally = send(api.url, each, record, end - time.monotonic())
        clean, total = clean and found_nothing, total + tally
    if run == LIMITED and not total.statuses["429"]:
        print("fuzz: the limit refused nothing", flush=True)
        clean = False
    return clean, total


def _passes(api: Api, run: str, requests: int, seed: int) -> Iterator[Pass]:
    if run == LIMITED:
        yield Pass(api.headers("key"), LIMITED_EXAMPLES, seed)
        return
    examples = max(1, requests // (REQUESTS_PER_EXAMPLE * len(IDENTITIES)))
    yield Pass(api.headers(run), examples, seed)
    if run != "nothing":  # which creates nothing, so its scenarios have one step
        for number in range(1, 1 + examples // EXAMPLES_PER_STATEFUL_PASS):
            yield Pass(api.headers(run), examples, seed + number, STATEFUL)
