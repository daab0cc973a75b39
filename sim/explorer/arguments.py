"""The arguments of `tox -e sim -- explore`, apart from the command itself, which takes long to import."""

import argparse
import os
from pathlib import Path

from sim.platform.shards import shard_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--worlds", type=_count, default=10_000, help="how many worlds to run (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, help="the seed of the first world; the next world has the next number (default: random)"
    )
    parser.add_argument("--jobs", type=_count, default=1, help="how many processes to use (default: %(default)s)")
    parser.add_argument(
        "--shard",
        type=shard_of,
        metavar="I/N",
        help="run part I of N of the worlds, for a run on N machines; needs --seed, the same on each",
    )
    parser.add_argument(
        "--figures", type=_new_file, metavar="FILE", help="write the run's figures to this file, for --merge"
    )
    parser.add_argument(
        "--merge",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="run nothing; sum up the figures of all shards of a run, with the exit code of the run in one piece",
    )
    parser.add_argument("--whole", action="store_true", help="report a counterexample as it was found, not shrunk")
    parser.add_argument(
        "--script",
        type=_new_file,
        metavar="FILE",
        help="write a scenario script that shows the violation to this file",
    )
    parser.add_argument(
        "--silence",
        action="append",
        default=[],
        metavar="INVARIANT",
        help="do not check this invariant (can be repeated); the mutants' run uses it",
    )


def _new_file(text: str) -> Path:
    """Whether it can be written is known before the search, not after it. Raises ArgumentTypeError."""
    file = Path(text)
    if file.is_dir() or not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a file in a folder that exists")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written")
    return file


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)
