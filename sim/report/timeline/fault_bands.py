"""The time during which each fault was active."""

from collections.abc import Iterable

from sim.journal.reading import Line
from sim.report.timeline.model import FaultBand


def fault_bands(lines: Iterable[Line]) -> list[FaultBand]:
    """A band for each fault, in the order of their starts; a fault without an end lasts until the last line."""
    active: list[Line] = []
    bands: list[FaultBand] = []
    last = 0.0
    for line in lines:
        last = line.virtual_at
        if line.kind == "fault_started":
            active.append(line)
        elif line.kind == "fault_ended":
            started = next((each for each in active if each.text("fault") == line.text("fault")), None)
            if started is not None:
                active.remove(started)
                bands.append(_band(started, line.virtual_at, int(line.number_of("times_triggered"))))
    bands += [_band(started, last, None) for started in active]
    return sorted(bands, key=lambda band: (band.start, band.end))


def _band(started: Line, end: float, times_triggered: int | None) -> FaultBand:
    name = started.text("fault") or "a fault"
    return FaultBand(started.virtual_at, end, name, started.text("family"), times_triggered)
