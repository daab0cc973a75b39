"""The parts of a scenario's timeline: lanes with points and spans, fault bands, met conditions, and subjects."""

from dataclasses import dataclass, field

from sim.picture.vocabulary import DOT, MINOR, OK


@dataclass(frozen=True)
class Point:
    """An event; `at` is virtual time in seconds since 1970, `subjects` are ids of `Timeline.subjects`."""

    at: float
    lane: str
    text: str
    tone: str = OK
    glyph: str = DOT
    subjects: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Span:
    """Something with a duration; times as in Point. `style` is a CSS class of report.css."""

    start: float
    end: float
    lane: str
    text: str
    tone: str = OK
    style: str = "bar"
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class FaultBand:
    """A fault while it was active; `times_triggered` is None if the journal has no end of it."""

    start: float
    end: float
    text: str
    family: str
    times_triggered: int | None


@dataclass
class Subject:
    """What can be followed through the lanes: a memory, or a message without a memory, such as poison."""

    id: str
    kind: str
    title: str = ""
    status: str = ""
    reason: str = ""
    attempts: int = 0
    openai_calls: int = 0
    billed_seconds: float = 0.0
    events: int = 0
    problems: int = 0
    """Events with the tone WARNING or ERROR."""
    receives: int = 0
    was_dead: bool = False


@dataclass
class Timeline:
    """The timeline of one scenario; `conditions` are the times at which a condition became true, with its name."""

    points: list[Point] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    faults: list[FaultBand] = field(default_factory=list)
    conditions: list[tuple[float, str]] = field(default_factory=list)
    subjects: dict[str, Subject] = field(default_factory=dict)

    def moments(self) -> list[float]:
        """The times that the axis must show: of everything but MINOR events."""
        points = [point.at for point in self.points if point.tone != MINOR]
        spans = [moment for span in self.spans if span.tone != MINOR for moment in (span.start, span.end)]
        faults = [moment for fault in self.faults for moment in (fault.start, fault.end)]
        return [*points, *spans, *faults, *(at for at, _ in self.conditions)]
