"""Conservation: every accepted recording is, at every moment, in a place that can be named, and is what was accepted.

`Conservation` is the reducer: it takes one event after another, keeps the place of each recording, and reports a
violation with the very event that caused it. `fold` applies it to the events of a journal; the explorer applies it
after every step of a world. The events are typed (`events.py`), so that the reducer knows neither a product nor a
journal. How it works: docs/reference/conservation.md.
"""

from sim.conservation.events import (
    Accepted,
    AudioRemoved,
    AudioStored,
    AudioTakenAway,
    Commit,
    DeadLettered,
    Deletion,
    Event,
    InvocationEnded,
    InvocationStarted,
    MessageReceived,
    MessageRemoved,
    MessageSent,
    MessageVisible,
    Missing,
    Paid,
    Purge,
    Row,
    State,
)
from sim.conservation.places import Kind, Part, Place, Verdict, Violation
from sim.conservation.reducer import Conservation, fold
from sim.conservation.series import Sample, Series

__all__ = [
    "Accepted",
    "AudioRemoved",
    "AudioStored",
    "AudioTakenAway",
    "Commit",
    "Conservation",
    "DeadLettered",
    "Deletion",
    "Event",
    "InvocationEnded",
    "InvocationStarted",
    "Kind",
    "MessageReceived",
    "MessageRemoved",
    "MessageSent",
    "MessageVisible",
    "Missing",
    "Paid",
    "Part",
    "Place",
    "Purge",
    "Row",
    "Sample",
    "Series",
    "State",
    "Verdict",
    "Violation",
    "fold",
]
