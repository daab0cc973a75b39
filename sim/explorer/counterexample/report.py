"""The report of a counterexample: the violated invariant, and what happened, as numbered lines."""

import re
from itertools import groupby

from sim.explorer.counterexample.shrinking import Counterexample
from sim.explorer.plan.call_sites import FaultKind

MOST_LINES = 15
LAST_LINES = 4
"""The last lines, which are never folded: the event that violates the invariant, and what led to it."""
_DETAIL = re.compile(r"\d+")
"""What similar lines differ in."""

type Event = tuple[int, str, str]
"""When (ms), who, what."""


def events_of(counterexample: Counterexample) -> list[Event]:
    """Every event of the world, in order."""
    events: list[Event] = []
    counterexample.replay(lambda ms, who, what: events.append((ms, who, what)) if what else None)
    return events


def numbered_lines(counterexample: Counterexample, whole: bool = False) -> list[str]:
    """One line for what one actor did until another one ran. Unless `whole`, similar lines are folded to 15 at most.

    A line with a failure and the last lines are never folded: they decide.
    """
    lines = [_line(list(group)) for _, group in groupby(events_of(counterexample), key=lambda event: event[1])]
    lines.append(f"{clock(counterexample.violation.at_ms):>7}  violation: {counterexample.violation.details}")
    if not whole:
        lines = _shortest(_folded(lines))
    return [f"{number:2}. {line}" for number, line in enumerate(lines, start=1)]


def _folded(lines: list[str]) -> list[str]:
    """Of similar lines the first and the last; the last says how many are left out between them."""
    places: dict[str, list[int]] = {}
    for place, line in enumerate(lines[:-LAST_LINES]):
        if not _decides(line):
            places.setdefault(_DETAIL.sub("", line[7:]), []).append(place)
    left_out = {place for same in places.values() for place in same[1:-1]}
    counts = {same[-1]: len(same) - 2 for same in places.values() if len(same) > 2}
    folded = []
    for place, line in enumerate(lines):
        if place in counts:
            line = f"{line} ({counts[place]} like it left out before)"
        if place not in left_out:
            folded.append(line)
    return folded


def _shortest(lines: list[str]) -> list[str]:
    """At most 15 lines; those that decide stay, of the others the first ones."""
    too_many = len(lines) - MOST_LINES
    if too_many <= 0:
        return lines
    places = [place for place, line in enumerate(lines[:-LAST_LINES]) if not _decides(line)][2:]
    dropped = set(places[-too_many - 1 :]) or set(range(3, 4 + too_many))
    first = min(dropped)
    kept = [line for place, line in enumerate(lines) if place not in dropped]
    kept.insert(first, f"… {len(dropped)} more; --whole prints them …")
    still_too_many = len(kept) - MOST_LINES
    return kept if still_too_many <= 0 else [*kept[:3], f"… {still_too_many + 1} more …", *kept[4 + still_too_many :]]


def _decides(line: str) -> bool:
    """Whether the line has a failure in it."""
    return any(f"({kind}" in line or f", {kind}" in line for kind in FaultKind)


def report(counterexample: Counterexample, whole: bool = False) -> str:
    """The invariant with its cause, the numbered lines, and the command that runs the world again."""
    violation = counterexample.violation
    cause = f" · cause: {violation.cause}" if violation.cause else ""
    return "\n".join(
        [
            f"VIOLATED: {violation.invariant} · {clock(violation.at_ms)} {violation.details} · "
            f"event: {violation.event}{cause}",
            "",
            *numbered_lines(counterexample, whole),
            "",
            f"seed {counterexample.seed} · replay: tox -e explore -- --seed {counterexample.seed} --worlds 1",
        ]
    )


def _line(events: list[Event]) -> str:
    at_ms, who, _ = events[0]
    calls = []
    for what, same in groupby(_shortened(what, who) for _, _, what in events):
        times = len(list(same))
        calls.append(what if times == 1 else f"{what}, {times} times")
    return f"{clock(at_ms):>7}  {who}: " + "; ".join(calls)


def _shortened(what: str, who: str) -> str:
    """The name of a worker already names its memory."""
    memory = who.rpartition(" on ")[2].partition(", ")[0].partition(" from ")[0]
    return what.replace(f" of {memory}", "") if " on " in who else what


def clock(ms: int) -> str:
    """`0:00:07` since the world began."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
