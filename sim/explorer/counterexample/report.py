"""The report of a counterexample: the violated invariant, and what happened, as numbered lines."""

from itertools import groupby

from sim.explorer.counterexample.shrinking import Counterexample

MOST_LINES = 15

type Event = tuple[int, str, str]
"""When (ms), who, what."""


def events_of(counterexample: Counterexample) -> list[Event]:
    """Every event of the world, in order."""
    events: list[Event] = []
    counterexample.replay(lambda ms, who, what: events.append((ms, who, what)) if what else None)
    return events


def numbered_lines(counterexample: Counterexample) -> list[str]:
    """One line for what one actor did until another one ran; at most 15 lines: the first 3, and the last ones."""
    lines = [_line(list(group)) for _, group in groupby(events_of(counterexample), key=lambda event: event[1])]
    lines.append(f"{'':>7}  violation: {counterexample.violation.details}")
    left_out = len(lines) - MOST_LINES
    if left_out > 0:
        lines = [*lines[:3], f"… {left_out + 1} more …", *lines[-(MOST_LINES - 4) :]]
    return [f"{number:2}. {line}" for number, line in enumerate(lines, start=1)]


def report(counterexample: Counterexample) -> str:
    """The invariant, the numbered lines, and the command that runs the world again."""
    return "\n".join(
        [
            f"VIOLATED: {counterexample.violation.invariant}",
            f"  {counterexample.violation.details}",
            "",
            *numbered_lines(counterexample),
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
