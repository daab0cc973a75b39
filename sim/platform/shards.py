"""`I/N` on a command line: which part of the work one of N machines does."""

import argparse


def shard_of(text: str) -> tuple[int, int]:
    """Number and count: `2/4` is the second of four. Raises ArgumentTypeError."""
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shard: write 1/4 for the first of four")
    return int(number), int(count)
