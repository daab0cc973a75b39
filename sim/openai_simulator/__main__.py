"""`python -m sim.openai_simulator --port 0 --journal PATH`: prints one JSON line when ready, ends on SIGTERM.

With OPENAI_SIMULATOR_KEY in its environment, clients of its control API have to present that key (control.py).
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sim.localstack.extension.rawk_emulator.gateway.local_callers import TOKEN_VARIABLE
from sim.localstack.extension.rawk_emulator.time.shared_offset import SharedOffset
from sim.openai_simulator.arguments import EPILOG, KEY, add_arguments
from sim.openai_simulator.clock import OffsetClock
from sim.openai_simulator.server import OpenAIServer
from sim.openai_simulator.upstream import upstream_of

EXIT_BAD_INPUT = 2


SPACE = "try"
"""The space of those who start the simulator manually."""

Announce = Callable[[OpenAIServer, str], None]


def for_programs(_server: OpenAIServer, url: str) -> None:
    """Print the line for which the harness waits."""
    print(json.dumps({"ready": True, "url": url, "pid": os.getpid()}), flush=True)


def for_users(server: OpenAIServer, url: str) -> None:
    """Open a space, and print the settings with which OpenAI's SDK uses it."""
    space = server.open_space(SPACE)
    # The user's own key is a secret, and stays out of the terminal.
    key = f"${KEY}" if os.environ.get(KEY) else space.api_key
    print(f"ready at {url}; for OpenAI's SDK:")
    print(f"  export OPENAI_BASE_URL={url}{space.base_path}\n  export OPENAI_API_KEY={key}")
    print("Ctrl-C stops it", flush=True)


async def run(
    host: str, port: int, journal: Path | None, clock: OffsetClock, key: str | None, announce: Announce
) -> None:
    """Serves until SIGTERM or SIGINT."""
    token = os.environ.get(TOKEN_VARIABLE)
    server, stopped = OpenAIServer(journal, clock, key, upstream_of(os.environ), token), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    announce(server, await server.start(port, host))
    await stopped.wait()
    await server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sim.openai_simulator",
        description="A simulator of OpenAI's HTTP API.",
        epilog=EPILOG,
    )
    add_arguments(parser)
    return serve(parser.parse_args())


def serve(options: argparse.Namespace, announce: Announce = for_programs) -> int:
    """Run the simulator until SIGTERM or SIGINT; returns the exit code. `announce` prints that it is ready."""
    key = os.environ.get(KEY)
    if key == "":
        print(f"{KEY} is empty: set it to a key, or unset it to accept every client", file=sys.stderr)
        return EXIT_BAD_INPUT
    try:
        shared = SharedOffset(options.clock_file).read if options.clock_file else None
        clock = OffsetClock(options.offset_seconds, shared)
        asyncio.run(run(options.host, options.port, options.journal, clock, key, announce))
    except OSError as error:
        print(f"the OpenAI simulator cannot start: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
