"""`tox -e sim -- smoke`: checks a deployment, as its last step or at any time."""

import argparse
import os
import sys
import time
from urllib.parse import urlsplit

API_KEY = "RAWK_API_KEY"
WITHIN_SECONDS = 300
TAKES = 10**9

EXIT_PASSED, EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

ABOUT = "Send one recording through a deployed pipeline and check it. Health, upload, processing, result, delete."

EPILOG = f"""\
The API key comes from the environment variable {API_KEY}, so it is in no shell history and no process list:

  read -rs {API_KEY} && export {API_KEY}
  tox -e sim -- smoke --url https://rawk.example.com

It uploads one of the short recordings of this repository and deletes it at the end. OpenAI costs at most a cent.
Exit code 0: all steps passed. 1: a step failed, and the line says why. 2: no step was run.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    added = commands.add_parser(
        "smoke",
        help=ABOUT.partition(". ")[0],
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("--url", type=_url, required=True, help="address of the API: https://HOST, without a path")
    added.add_argument(
        "--within-seconds",
        type=_seconds,
        default=WITHIN_SECONDS,
        metavar="N",
        help="time limit for all steps (default: %(default)s)",
    )
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Run all steps and print a line for each. Returns the exit code."""
    api_key = os.environ.get(API_KEY, "").strip()
    if not api_key:
        print(f"sim smoke: {API_KEY} is not set: it must be the API key for the upload", file=sys.stderr)
        return EXIT_BAD_INPUT
    # Imported here, because no other command needs recordings and an HTTP client.
    from sim import recordings
    from sim.smoke.deployed import CheckFailed, Deadline, Deployed
    from sim.smoke.steps import run_smoke

    deadline = Deadline(parsed.within_seconds)
    api = Deployed(parsed.url, api_key, deadline)
    shortest = min(recordings.all(), key=lambda each: each.duration_seconds)
    # Another take each second: its bytes differ, so no cache can answer.
    take = time.time_ns() // 10**9 % TAKES
    try:
        run_smoke(api, shortest, take, _say)
    except CheckFailed as failure:
        print(f"✘ {failure}", flush=True)
        print(f"smoke: FAILED after {deadline.elapsed_seconds:.1f} s", flush=True)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("smoke: interrupted; the uploaded recording was deleted", file=sys.stderr)
        return EXIT_INTERRUPTED
    finally:
        api.close()
    print(f"smoke: passed in {deadline.elapsed_seconds:.1f} s", flush=True)
    return EXIT_PASSED


def _say(step: str, line: str) -> None:
    print(f"✔ {step:11} {line}" if step != "clean-up" else f"  {step:11} {line}", flush=True)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as https://rawk.example.com")
    return text


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds from 1 to 86400")
    return int(text)
