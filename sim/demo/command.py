"""`tox -e demo`: the live demo, until Ctrl-C."""

import argparse
import secrets
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sim.localstack.command import ends_quietly, port_of

if TYPE_CHECKING:
    from sim.demo.broadcast import Broadcast

PORT = 8321
EXIT_NOT_STARTED = 2

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

More: docs/reference/demo-control.md
"""


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
    added.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit code."""
    from sim.demo.http.server import PortTaken

    try:
        with ends_quietly():
            _serve(parsed)
    except PortTaken as error:
        print(f"sim demo: {error}", file=sys.stderr)
        return EXIT_NOT_STARTED
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _serve(parsed: argparse.Namespace) -> None:
    from sim.clock.seeds import new_seed
    from sim.demo.broadcast import Broadcast
    from sim.demo.conductor import Conductor
    from sim.demo.http.app import application
    from sim.demo.http.server import HttpServer, listen
    from sim.demo.requests import Requests
    from sim.demo.stage import HOME, Stage

    token = secrets.token_urlsafe(32)
    listening = listen(parsed.port)
    broadcast = Broadcast()

    def say(text: str) -> None:
        print(text, flush=True)
        conductor.say(text)

    stage = Stage(HOME / f"demo-{parsed.port}", new_seed(), say)
    conductor = Conductor(broadcast, stage)
    address = f"http://127.0.0.1:{parsed.port}/?token={token}"
    with HttpServer(application(Requests(conductor), token, parsed.port), listening), _ending(broadcast):
        print(f"the page: {address}", flush=True)
        if not parsed.no_browser:
            webbrowser.open(address)
        with stage:
            conductor.begin()
            print("ready; Ctrl-C stops it", flush=True)
            try:
                conductor.conduct()
            finally:
                conductor.close()


@contextmanager
def _ending(broadcast: "Broadcast") -> Iterator[None]:
    """Streams never end by themselves."""
    try:
        yield
    finally:
        broadcast.close()
