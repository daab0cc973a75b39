"""A measurement, its target, and the same measurement of a peer."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """`beside` is the same measurement of a peer (`beside_what`) in the same run; None where there is no peer."""

    name: str
    unit: str
    target: float
    measured: float
    beside: float | None = None
    beside_what: str = ""
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        return self.measured >= self.target if self.more_is_better else self.measured <= self.target

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer; None without one."""
        if not self.beside or not self.measured:
            return None
        return self.measured / self.beside if self.more_is_better else self.beside / self.measured

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def write(figures: Sequence[Figure], path: Path) -> None:
    """`{"figures": [{name, unit, target, measured, beside, ratio, met, …}]}`"""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"figures": [each.as_json() for each in figures]}, indent=2) + "\n", encoding="utf-8")


def show(figures: Sequence[Figure], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "figure", "measured", "target", "beside", "ratio"):
        table.add_column(heading, justify="left" if heading in ("", "figure", "beside") else "right")
    for each in figures:
        bound = ">=" if each.more_is_better else "<="
        beside = "" if each.beside is None else f"{each.beside:.4g} {each.unit}  {each.beside_what}"
        table.add_row(
            "✔" if each.met else "✘",
            each.name,
            f"{each.measured:.4g} {each.unit}",
            f"{bound} {each.target:g} {each.unit}",
            beside,
            "" if each.ratio is None else f"{each.ratio:.1f} x",
        )
    console.print(table)
