"""A measurement, its target, and the same measurement of a peer."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """`beside` is the same measurement of a peer (`beside_what`) in the same run; None where there is no peer."""

    name: str
    unit: str
    target: float
    measured: float
    """The median of the samples."""
    beside: float | None = None
    beside_what: str = ""
    more_is_better: bool = False
    samples: tuple[float, ...] = ()
    """All of them, where there is more than one."""

    @classmethod
    def of(
        cls,
        name: str,
        unit: str,
        target: float,
        samples: Sequence[float],
        beside: Sequence[float] = (),
        beside_what: str = "",
        *,
        more_is_better: bool = False,
    ) -> "Figure":
        """The medians of samples; without `beside` there is no peer."""
        peer = median(beside) if beside else None
        return cls(name, unit, target, median(samples), peer, beside_what, more_is_better, tuple(samples))

    @property
    def met(self) -> bool:
        return self.measured >= self.target if self.more_is_better else self.measured <= self.target

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer; None without one."""
        if not self.beside or not self.measured:
            return None
        return self.measured / self.beside if self.more_is_better else self.beside / self.measured

    @property
    def spread(self) -> str:
        """`2.1-2.9`: the smallest and the largest sample; empty for a single one."""
        return f"{min(self.samples):.3g}–{max(self.samples):.3g}" if len(self.samples) > 1 else ""

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def machine() -> str:
    """`2 cores, x86_64, Intel(R) …`"""
    return f"{os.cpu_count()} cores, {platform.machine()}, {_processor()}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """`{"at": …, "machine": …, "figures": [{name, unit, target, measured, samples, beside, ratio, met, …}]}`"""
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "figures": [each.as_json() for each in figures],
    }
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


HEADINGS = ("", "figure", "median", "spread", "target", "beside", "ratio")


def show(figures: Sequence[Figure], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading in ("", "figure", "beside") else "right")
    for each in figures:
        table.add_row(*_cells(each))
    console.print(table)


def markdown(figures: Sequence[Figure]) -> str:
    """The table, its date and machine, for `benchmarks/README.md`."""
    lines = [f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, load {os.getloadavg()[0]:.1f} at the end.", ""]
    lines += [f"| {' | '.join(HEADINGS)} |", f"|{'---|' * len(HEADINGS)}"]
    lines += [f"| {' | '.join(_cells(each))} |" for each in figures]
    return "\n".join(lines) + "\n"


BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def with_table(page: str, table: str) -> str:
    """The page with this table between its marks. Raises ValueError when it has no marks."""
    before, begins, rest = page.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not begins or not ends:
        raise ValueError(f"the page has no {BEGIN} with an {END}")
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        "✔" if figure.met else "✘",
        figure.name,
        f"{figure.measured:.4g} {figure.unit}",
        figure.spread,
        f"{'>=' if figure.more_is_better else '<='} {figure.target:g} {figure.unit}",
        "" if figure.beside is None else f"{figure.beside:.4g} {figure.unit}  {figure.beside_what}",
        "" if figure.ratio is None else f"{figure.ratio:.1f} x",
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"
