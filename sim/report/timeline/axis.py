"""The time axis: the stretches with events. The idle time between them is cut out, and the page shows its length.

A pipeline with production limits is idle most of the time: three busy seconds, half an hour until the message is
visible again, three busy seconds. A linear axis would show three dots.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

MAX_CUTS = 24
SHORTEST_CUT_SECONDS = 10.0
CUT_FROM_SHARE = 0.2
"""A gap is cut out if it takes at least this share of the axis that remains after the longer gaps were cut out."""


@dataclass(frozen=True)
class Stretch:
    """Times in seconds; `share` is its part of the axis. The shares of all stretches add up to 1."""

    start: float
    end: float
    share: float


def stretches(moments: Iterable[float]) -> list[Stretch]:
    """The stretches for these times, in order; empty if there are none."""
    times = sorted(set(moments))
    if not times:
        return []
    groups = _split(times, _cuts(times))
    weights = _weights(groups)
    return [Stretch(group[0], group[-1], weight) for group, weight in zip(groups, weights, strict=True)]


def _cuts(times: Sequence[float]) -> set[float]:
    """The times after which the axis is cut."""
    gaps = sorted(((later - earlier, earlier) for earlier, later in pairwise(times)), reverse=True)
    left = times[-1] - times[0]
    cuts: set[float] = set()
    for gap_seconds, after in gaps[:MAX_CUTS]:
        if gap_seconds < SHORTEST_CUT_SECONDS or gap_seconds < CUT_FROM_SHARE * left:
            break
        cuts.add(after)
        left -= gap_seconds
    return cuts


def _split(times: Sequence[float], cuts: set[float]) -> list[list[float]]:
    groups: list[list[float]] = [[]]
    for time in times:
        groups[-1].append(time)
        if time in cuts:
            groups.append([])
    return groups


def _weights(groups: Sequence[Sequence[float]]) -> list[float]:
    """Half by duration, half by number of events, so that a short stretch with many events stays readable."""
    lengths = [group[-1] - group[0] for group in groups]
    busy = [sqrt(len(group)) for group in groups]
    total_length, total_busy = sum(lengths) or 1.0, sum(busy)
    weights = [length / total_length + count / total_busy for length, count in zip(lengths, busy, strict=True)]
    return [weight / sum(weights) for weight in weights]
