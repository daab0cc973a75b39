"""`python -m sim smoke`: is what was deployed in order? For the last step of a deployment, and for whoever wonders."""

import argparse
import os
import sys
import time
from urllib.parse import urlsplit

API_KEY = "RAWK_API_KEY"
WITHIN_SECONDS = 300
TAKES = 10**9

EXIT_HELD, EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

ABOUT = "Send one recording all the way through whatever is deployed. Health, upload, processing, result, delete."

TEACHING = f"""\
The API key comes from the environment variable {API_KEY}, so that it stands in no history and no process list:

  read -rs {API_KEY} && export {API_KEY}
  python -m sim smoke --url https://rawk.example.com

The recording is a short one of ours, and is removed again. It costs a cent of OpenAI's at most.
Exit code 0: all of it held. 1: something did not, and the line says what. 2: nothing was tried.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    added = commands.add_parser(
        "smoke",
        help=ABOUT.partition(". ")[0],
        description=ABOUT,
        epilog=TEACHING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("--url", type=_url, required=True, help="where the API is: https://HOST, without a path")
    added.add_argument(
        "--within-seconds",
        type=_seconds,
        default=WITHIN_SECONDS,
        metavar="N",
        help="for all of it (default: %(default)s)",
    )
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Play it and say a line for each step; gives the exit code."""
    api_key = os.environ.get(API_KEY, "").strip()
    if not api_key:
        print(f"sim smoke: {API_KEY} is not set: it is the API key to upload with", file=sys.stderr)
        return EXIT_BAD_INPUT
    # Imported when asked for: no other command needs recordings and an HTTP client.
    from sim import recordings
    from sim.smoke.deployed import Broken, Deadline, Deployed
    from sim.smoke.steps import play

    deadline = Deadline(parsed.within_seconds)
    api = Deployed(parsed.url, api_key, deadline)
    shortest = min(recordings.all(), key=lambda each: each.duration_seconds)
    # A take of its own each second: other bytes, so that nobody can answer from memory.
    take = time.time_ns() // 10**9 % TAKES
    try:
        play(api, shortest, take, _say)
    except Broken as broken:
        print(f"✘ {broken}", flush=True)
        print(f"smoke: BROKEN after {deadline.passed_seconds:.1f} s", flush=True)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("smoke: interrupted; what was uploaded is removed", file=sys.stderr)
        return EXIT_INTERRUPTED
    finally:
        api.close()
    print(f"smoke: held in {deadline.passed_seconds:.1f} s", flush=True)
    return EXIT_HELD


def _say(step: str, told: str) -> None:
    print(f"✔ {step:11} {told}" if step != "clean-up" else f"  {step:11} {told}", flush=True)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as https://rawk.example.com")
    return text


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds from 1 to 86400")
    return int(text)
