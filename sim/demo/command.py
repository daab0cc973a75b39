"""`tox -e demo`: the live demo, until Ctrl-C."""

import argparse
import os
import secrets
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sim.engines.base.engine import EngineNotReady
from sim.localstack.command import ends_quietly, port_of

if TYPE_CHECKING:
    from sim.demo.broadcast import Broadcast
    from sim.demo.conductor import Conductor
    from sim.demo.stage import Stage

PORT = 8321
EXIT_NOT_STARTED = 2
EXIT_FAILED = 1
LAST_STATE_SECONDS = 1.0
"""For streams to send it."""
OPENAI_KEY, OPENAI_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"
"""As OpenAI's SDK reads them."""

ABOUT = "Show the pipeline in a browser, live: record, break it, let time pass, repair it. Until Ctrl-C."

EPILOG = """\
One page opens. Behind it run the real API, worker, queue and Postgres, on this machine alone and in virtual time.
OpenAI is simulated. What one can do there: record, or take a sample; switch faults on; poison the queue; kill a worker
or the API; restart Postgres; let hours pass in seconds; redrive dead letters; check the invariants.

The address contains a token: a client with it can use the demo, and no other one. Only this machine can connect. To
show the demo on another one, forward the port: ssh -L 8321:127.0.0.1:8321 HOST

examples:
  tox -e demo                       open the page
  tox -e demo -- --no-browser       print the address only
  tox -e demo -- --port 8400        another port
  tox -e demo -- --lesson long-outage
  tox -e demo -- --scenario test_redrive_completes   any scenario, by (a part of) its name
  tox -e demo -- --export site      recorded lessons for any static host, or to open from the disk

More: docs/reference/demo-control.md
"""


class DemoFailed(Exception):
    """The world did not start, or a part of it has ended; the text says why."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    added = commands.add_parser(
        "demo",
        help=ABOUT.partition(":")[0],
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("--port", type=port_of, default=PORT, help="the port to listen on (default: %(default)s)")
    added.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    added.add_argument(
        "--openai",
        choices=("simulated", "real"),
        default="simulated",
        help="who answers: the simulator, or OpenAI itself for the key in OPENAI_API_KEY, which costs (default: "
        "%(default)s); the faults work with both",
    )
    what = added.add_mutually_exclusive_group()
    what.add_argument("--lesson", metavar="NAME", help="begin with this lesson, which goes on by itself")
    what.add_argument("--scenario", metavar="NAME", help="run a scenario of the catalogue as a narrated lesson")
    what.add_argument("--export", type=Path, metavar="FOLDER", help="write a static site of all lessons, and end")
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit code."""
    from sim.demo.export import LessonFailed
    from sim.demo.http.server import PortTaken
    from sim.demo.lessons.files import lessons
    from sim.demo.sharing import PageIncomplete

    if parsed.scenario is not None:
        from sim.demo.scenarios.choice import NoSuchScenario, choose

        try:
            parsed.scenario = choose(parsed.scenario)
        except NoSuchScenario as error:
            print(f"sim demo: {error}", file=sys.stderr)
            return EXIT_NOT_STARTED
    if parsed.lesson is not None and parsed.lesson not in lessons():
        print(f"sim demo: there is no lesson {parsed.lesson!r}; there are {', '.join(lessons())}", file=sys.stderr)
        return EXIT_NOT_STARTED
    if parsed.openai == "real" and not os.environ.get(OPENAI_KEY):
        print(f"sim demo: --openai real needs a key in {OPENAI_KEY}", file=sys.stderr)
        return EXIT_NOT_STARTED
    try:
        with ends_quietly():
            _export(parsed) if parsed.export else _serve(parsed)
    except (PortTaken, EngineNotReady) as error:
        print(f"sim demo: {error}", file=sys.stderr)
        return EXIT_NOT_STARTED
    except (DemoFailed, LessonFailed, PageIncomplete) as error:
        print(f"sim demo: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _serve(parsed: argparse.Namespace) -> None:
    from sim.demo.http.app import application
    from sim.demo.http.server import HttpServer, listen
    from sim.demo.requests import Requests

    token = secrets.token_urlsafe(32)
    listening = listen(parsed.port)
    conductor, stage = _conductor(parsed)
    address = f"http://127.0.0.1:{parsed.port}/?token={token}"
    app = application(Requests(conductor), token, parsed.port)
    with HttpServer(app, listening), _ending(conductor.broadcast):
        print(f"the page: {address}", flush=True)
        if not parsed.no_browser:
            webbrowser.open(address)
        with _failures_shown(conductor), stage, closing(conductor):
            conductor.begin()
            print("ready; Ctrl-C stops it", flush=True)
            if parsed.scenario is not None:
                conductor.give_scenario(parsed.scenario)
            if parsed.lesson is not None:
                conductor.begin_lesson(parsed.lesson, automatic=True, reading=1.0)
            conductor.conduct()


@contextmanager
def _failures_shown(conductor: "Conductor") -> Iterator[None]:
    """Viewers see why the demo has ended, before their connections end. Raises DemoFailed."""
    from sim.demo.export import LessonFailed
    from sim.demo.sharing import PageIncomplete

    try:
        yield
    except (EngineNotReady, LessonFailed, PageIncomplete):
        raise
    except Exception as error:
        from sim.demo.conductor import in_a_line

        reason = in_a_line(error)
        conductor.fail(reason)
        time.sleep(LAST_STATE_SECONDS)
        raise DemoFailed(f"{reason} (logs: {conductor.log_folder})") from error


def _export(parsed: argparse.Namespace) -> None:
    from sim.demo.export import export

    conductor, stage = _conductor(parsed)
    with _failures_shown(conductor), stage, closing(conductor):
        conductor.begin()
        export(conductor, parsed.export, lambda text: print(text, flush=True))


def _conductor(parsed: argparse.Namespace) -> "tuple[Conductor, Stage]":
    from sim.clock.seeds import new_seed
    from sim.demo.broadcast import Broadcast
    from sim.demo.conductor import Conductor
    from sim.demo.stage import HOME, Stage
    from sim.openai_simulator.upstream import upstream_variables

    def say(text: str) -> None:
        print(text, flush=True)
        conductor.say(text)

    real = parsed.openai == "real"
    upstream = upstream_variables(os.environ[OPENAI_KEY], os.environ.get(OPENAI_URL, "")) if real else None
    stage = Stage(HOME / f"demo-{parsed.port}", new_seed(), say, upstream)
    conductor = Conductor(Broadcast(), stage)
    return conductor, stage


@contextmanager
def _ending(broadcast: "Broadcast") -> Iterator[None]:
    """Streams never end by themselves."""
    try:
        yield
    finally:
        broadcast.close()
