"""What `python -m sim explore` can be told, apart from what it does: that is heavy to import."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--worlds", type=_count, default=10_000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="the first world's; each next one has the next number. Else drawn")
    parser.add_argument("--jobs", type=_count, default=1, help="processes to play them in (default: %(default)s)")
    parser.add_argument("--whole", action="store_true", help="tell a broken world as it was, without shrinking it")
    parser.add_argument("--script", type=Path, metavar="FILE", help="write a broken world's scenario script there")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)
