"""What the timeline of one scenario consists of: lanes with points and spans, faults, flags, and whom each concerns."""

from dataclasses import dataclass, field

from sim.app import APP

LANES = tuple(APP.lanes)

OK, WAIT, TROUBLE, BAD, DIM, PEOPLE = "ok", "wait", "trouble", "bad", "dim", "people"
"""Tones, from good to bad; dim for what is there but seldom of interest, people for what somebody did."""

DOT, RING, CROSS, DIAMOND, NONE = "dot", "ring", "cross", "diamond", "none"
"""Glyphs. A ring holds a receive count; none is told in the list only, as a span shows it already."""


@dataclass(frozen=True)
class Point:
    """Something that happened at a moment (seconds since 1970, in the world's time)."""

    at: float
    lane: str
    text: str
    tone: str = OK
    glyph: str = DOT
    subjects: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Span:
    """Something that lasted."""

    start: float
    end: float
    lane: str
    text: str
    tone: str = OK
    style: str = "bar"
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class FaultBand:
    """A fault while it was on; `times_triggered` is None when its end was never written."""

    start: float
    end: float
    text: str
    family: str
    times_triggered: int | None


@dataclass
class Subject:
    """What can be followed: a memory, or a message that is about none."""

    id: str
    kind: str
    title: str = ""
    status: str = ""
    reason: str = ""
    attempts: int = 0
    openai_calls: int = 0
    billed_seconds: float = 0.0
    events: int = 0
    trouble: int = 0
    receives: int = 0
    was_dead: bool = False


@dataclass
class Picture:
    """One scenario's timeline."""

    points: list[Point] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    faults: list[FaultBand] = field(default_factory=list)
    flags: list[tuple[float, str]] = field(default_factory=list)
    subjects: dict[str, Subject] = field(default_factory=dict)

    def moments(self) -> list[float]:
        """Every moment at which something happened that a person would want to see."""
        points = [point.at for point in self.points if point.tone != DIM]
        spans = [moment for span in self.spans if span.tone != DIM for moment in (span.start, span.end)]
        faults = [moment for fault in self.faults for moment in (fault.start, fault.end)]
        return [*points, *spans, *faults, *(at for at, _ in self.flags)]
