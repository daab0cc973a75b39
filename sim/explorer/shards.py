"""Explores on several machines: each explores one shard of the worlds and writes its figures; then they are merged.

Shard i of n explores a range of consecutive worlds. All shards together explore exactly the worlds of the run without
shards, each once, so the merged summary is that run's summary, digest included.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.search import Summary

FORMAT_VERSION = 1


class NotMergeable(Exception):
    """The files are not the shards of one run; the message says which is wrong, or missing."""


@dataclass(frozen=True)
class Shard:
    """Shard `number` of `count`, from 1."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def worlds(self, seed: int, worlds: int) -> tuple[int, int]:
        """The seed of its first world and its number of worlds, which may be 0."""
        begin, end = (worlds * part // self.count for part in (self.number - 1, self.number))
        return seed + begin, end - begin


WHOLE = Shard(1, 1)


@dataclass(frozen=True)
class Figures:
    """What a file of figures contains: the run, the shard, and its results."""

    seed: int
    worlds: int
    """Of the whole run."""
    shard: Shard
    commit: str
    silenced: tuple[str, ...]
    interrupted: bool
    summary: Summary

    def as_json(self) -> dict[str, Any]:
        summary = asdict(self.summary)
        reached = {point.name: times for point, times in zip(CoveragePoint, summary.pop("reached"), strict=True)}
        return {
            "version": FORMAT_VERSION,
            "seed": self.seed,
            "worlds": self.worlds,
            "shard": [self.shard.number, self.shard.count],
            "commit": self.commit,
            "silenced": list(self.silenced),
            "interrupted": self.interrupted,
            "summary": {**summary, "digest": f"{summary['digest']:016x}", "reached": reached},
        }


def write_figures(file: Path, figures: Figures) -> None:
    file.write_text(json.dumps(figures.as_json(), indent=2) + "\n", encoding="utf-8")


def read_figures(file: Path) -> Figures:
    """Raises NotMergeable, with the file, when it does not contain figures that this code understands."""
    try:
        return _figures(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise NotMergeable(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotMergeable(f"{file} has no figures of this explorer: {error!r}") from error


def _figures(content: dict[str, Any]) -> Figures:
    if content["version"] != FORMAT_VERSION:
        raise ValueError(f"version {content['version']}")
    summary = content["summary"]
    points = {point.name for point in CoveragePoint}
    if unknown := sorted(summary["reached"].keys() ^ points):
        raise ValueError(f"it has other coverage points: {', '.join(unknown)}")
    return Figures(
        seed=int(content["seed"]),
        worlds=int(content["worlds"]),
        shard=Shard(*map(int, content["shard"])),
        commit=str(content["commit"]),
        silenced=tuple(content["silenced"]),
        interrupted=bool(content["interrupted"]),
        summary=Summary(
            worlds=int(summary["worlds"]),
            steps=int(summary["steps"]),
            virtual_ms=int(summary["virtual_ms"]),
            digest=int(summary["digest"], 16),
            reached=[int(summary["reached"][point.name]) for point in CoveragePoint],
            violations=[(int(seed), str(name)) for seed, name in summary["violations"]],
            real_seconds=float(summary["real_seconds"]),
        ),
    )


def merged(files: Sequence[Path]) -> Figures:
    """The figures of the whole run. Raises NotMergeable when a shard is missing, twice there, or of another run."""
    read = [(file, read_figures(file)) for file in files]
    first_file, first = read[0]
    by_number: dict[int, Path] = {}
    whole = Summary()
    for file, each in read:
        for what in ("seed", "worlds", "commit", "silenced"):
            ours, theirs = getattr(first, what), getattr(each, what)
            if ours != theirs:
                raise NotMergeable(f"{file} is of another run than {first_file}: its {what} is {theirs}, not {ours}")
        if each.shard.count != first.shard.count:
            raise NotMergeable(f"{file} is shard {each.shard}, and {first_file} is shard {first.shard}")
        if (other := by_number.get(each.shard.number)) is not None:
            raise NotMergeable(f"{other} and {file} are the same shard, {each.shard}")
        by_number[each.shard.number] = file
        whole.add_all(each.summary)
    missing = [number for number in range(1, first.shard.count + 1) if number not in by_number]
    if missing:
        names = ", ".join(f"{number}/{first.shard.count}" for number in missing)
        raise NotMergeable(f"{'a shard is' if len(missing) == 1 else 'shards are'} missing: {names}")
    # The machines worked at the same time.
    whole.real_seconds = max(each.summary.real_seconds for _, each in read)
    interrupted = any(each.interrupted for _, each in read)
    return Figures(first.seed, first.worlds, WHOLE, first.commit, first.silenced, interrupted, whole)
