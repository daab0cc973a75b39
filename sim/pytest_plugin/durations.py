"""How long each scenario took when it last ran here. The longest begin first, so that none runs alone at the end."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

FILE = "durations.json"
"""In the folder of the runs: name of a scenario → seconds."""


def known_durations(home: Path) -> dict[str, float]:
    """Empty where nothing ran yet, or where the file is damaged: it only makes runs shorter."""
    try:
        known = json.loads((home / FILE).read_text(encoding="utf-8"))
        return {str(name): float(seconds) for name, seconds in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep_durations(home: Path, measured: Mapping[str, float]) -> None:
    """Add what this run has measured."""
    fresh = home / f"{FILE}.new"
    with suppress(OSError):
        fresh.write_text(json.dumps(known_durations(home) | dict(measured)), encoding="utf-8")
        fresh.replace(home / FILE)


def dealt_longest_first[Item](items: Sequence[Item], seconds: Sequence[float | None], worlds: int) -> list[Item]:
    """In the order in which pytest-xdist gives each world an even part, so that each part begins with its longest.

    What has no duration, such as a new scenario, comes first. Where nothing has one, the order stays.
    """
    if all(each is None for each in seconds):
        return list(items)
    order = sorted(range(len(items)), key=lambda at: float("-inf") if seconds[at] is None else -float(seconds[at] or 0))
    parts = [order[world::worlds] for world in range(worlds)]
    return [items[at] for part in reversed(parts) for at in part]  # pytest-xdist gives the last worlds the larger parts
