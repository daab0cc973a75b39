"""A broken promise as a numbered story that a person can follow."""

from itertools import groupby

from sim.explorer.counterexample.shrinking import Broken

MOST_LINES = 15

type Event = tuple[int, str, str]


def events_of(broken: Broken) -> list[Event]:
    """What happened: when (ms), who, what."""
    events: list[Event] = []
    broken.play(lambda ms, who, what: events.append((ms, who, what)) if what else None)
    return events


def story(broken: Broken) -> list[str]:
    """One line for what one actor did before another came; at most 15 of them, the last ones if there are more."""
    lines = [_line(list(group)) for _, group in groupby(events_of(broken), key=lambda event: event[1])]
    lines.append(f"{'':>7}  so {broken.found}")
    left_out = len(lines) - MOST_LINES
    if left_out > 0:
        lines = [*lines[:3], f"… {left_out + 1} more …", *lines[-(MOST_LINES - 4) :]]
    return [f"{number:2}. {line}" for number, line in enumerate(lines, start=1)]


def told(broken: Broken) -> str:
    """The promise on top, the story, and how to play it again."""
    return "\n".join(
        [
            f"BROKEN: {broken.promise}",
            f"  {broken.found}",
            "",
            *story(broken),
            "",
            f"seed {broken.seed} · replay: python -m sim explore --seed {broken.seed} --worlds 1",
        ]
    )


def _line(events: list[Event]) -> str:
    at_ms, who, _ = events[0]
    deeds = []
    for what, again in groupby(_in_short(what, who) for _, _, what in events):
        times = len(list(again))
        deeds.append(what if times == 1 else f"{what}, {times} times")
    return f"{clock(at_ms):>7}  {who}: " + "; ".join(deeds)


def _in_short(what: str, who: str) -> str:
    """Whose memory it is need not be said again and again by a worker that is named for it."""
    return what.replace(f" of {who.rpartition(' on ')[2]}", "") if " on " in who else what


def clock(ms: int) -> str:
    """`0:00:07` since the world began."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
