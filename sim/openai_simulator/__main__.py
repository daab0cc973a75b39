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
from sim.openai_simulator.clock import OffsetClock
from sim.openai_simulator.server import OpenAIServer

KEY = "OPENAI_SIMULATOR_KEY"


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
        epilog=f"environment: {KEY} is the key of its control API (Authorization: Bearer KEY); "
        "without it every client that reaches the port may use the control API.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default: 0)")
    parser.add_argument("--journal", type=Path, help="file to append every request to, as JSON lines")
    parser.add_argument("--offset-seconds", type=float, default=0.0, help="how far the clock is ahead of real time")
    parser.add_argument(
        "--clock-file", type=Path, help="file that holds the offset, shared by the processes of a world"
    )
    options = parser.parse_args()
    key = os.environ.get(KEY)
    if key == "":
        parser.error(f"{KEY} is empty: set it to a key, or unset it to accept every client")
    try:
        shared = SharedOffset(options.clock_file).read if options.clock_file else None
        asyncio.run(run(options.host, options.port, options.journal, OffsetClock(options.offset_seconds, shared), key))
    except OSError as error:
        print(f"the OpenAI simulator cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
