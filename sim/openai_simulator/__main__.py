"""`python -m sim.openai_simulator --port 0 --journal PATH`: prints one JSON line when ready, ends on SIGTERM.

With OPENAI_SIMULATOR_KEY in its environment, whoever steers it has to show that key (control.py).
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from sim.localstack.extension.rawk_emulator.time.world_time import SharedOffset
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
        description="A stand-in for OpenAI's HTTP API.",
        epilog=f"environment: {KEY} is what whoever steers it has to show (Authorization: Bearer KEY); "
        "without it everybody may who reaches it.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="its port; 0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file to append every request to, as JSON lines")
    parser.add_argument("--offset-seconds", type=float, default=0.0, help="how far ahead of real time the clock starts")
    parser.add_argument("--clock-file", type=Path, help="file that holds the offset, shared with the rest of a world")
    options = parser.parse_args()
    key = os.environ.get(KEY)
    if key == "":
        parser.error(f"{KEY} is empty: say it, or unset it where everybody may steer who reaches this")
    try:
        shared = SharedOffset(options.clock_file).read if options.clock_file else None
        asyncio.run(run(options.host, options.port, options.journal, OffsetClock(options.offset_seconds, shared), key))
    except OSError as error:
        print(f"the OpenAI simulator can not start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
