"""`python -m sim.openai_simulator --port 0 --journal PATH`: prints one JSON line when ready, ends on SIGTERM.

With OPENAI_SIMULATOR_KEY in its environment, clients of its control API have to present that key (control.py).
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from sim.localstack.extension.rawk_emulator.time.shared_offset import SharedOffset
from sim.openai_simulator.arguments import EPILOG, KEY, add_arguments
from sim.openai_simulator.clock import OffsetClock
from sim.openai_simulator.server import OpenAIServer

EXIT_BAD_INPUT = 2


async def run(host: str, port: int, journal: Path | None, clock: OffsetClock, key: str | None) -> None:
    """Serves until SIGTERM or SIGINT."""
    server, stopped = OpenAIServer(journal, clock, key), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    url = await server.start(port, host)
    print(json.dumps({"ready": True, "url": url, "pid": os.getpid()}), flush=True)
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


def serve(options: argparse.Namespace) -> int:
    """Run the simulator until SIGTERM or SIGINT; returns the exit code."""
    key = os.environ.get(KEY)
    if key == "":
        print(f"{KEY} is empty: set it to a key, or unset it to accept every client", file=sys.stderr)
        return EXIT_BAD_INPUT
    try:
        shared = SharedOffset(options.clock_file).read if options.clock_file else None
        asyncio.run(run(options.host, options.port, options.journal, OffsetClock(options.offset_seconds, shared), key))
    except OSError as error:
        print(f"the OpenAI simulator cannot start: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
