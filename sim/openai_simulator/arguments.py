"""The arguments of the simulator's command, apart from its server: `rawk-sim --help` needs no server."""

import argparse
from pathlib import Path

KEY = "OPENAI_SIMULATOR_KEY"
LAST_PORT = 65535
EPILOG = (
    f"environment: {KEY} is the key of its control API (Authorization: Bearer KEY); "
    "without it every client that reaches the port may use the control API."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0 takes a free one (default: 0)")
    parser.add_argument("--journal", type=Path, help="file to append every request to, as JSON lines")
    parser.add_argument("--offset-seconds", type=float, default=0.0, help="how far the clock is ahead of real time")
    parser.add_argument(
        "--clock-file", type=Path, help="file that holds the offset, shared by the processes of a world"
    )


def _port(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not a port; a port is between 0 (a free one) and {LAST_PORT}")
    return int(text)
