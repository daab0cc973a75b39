"""How many recordings were in each place over time: the data of the strip in the report."""

from typing import NamedTuple

from sim.conservation.events import Event
from sim.conservation.places import Place
from sim.conservation.reducer import Conservation


class Sample(NamedTuple):
    """The counts from a moment on. `at` is in seconds; the counts are in the order of `Series.places`."""

    at: float
    counts: tuple[int, ...]


class Series:
    """Samples of one scenario, one for each event that changed a count."""

    def __init__(self) -> None:
        self.places = tuple(Place)
        self.samples: list[Sample] = []

    def add(self, event: Event, conservation: Conservation) -> None:
        """Note the counts after an event. Of several events at one moment the last counts."""
        counts = tuple(conservation.counts.get(place, 0) for place in self.places)
        if self.samples and self.samples[-1].counts == counts:
            return
        if self.samples and self.samples[-1].at == event.at:
            self.samples.pop()
        self.samples.append(Sample(event.at, counts))

    def as_json(self, start: float) -> dict[str, object]:
        """`places`: the names that occur. `samples`: lists of seconds since `start` and a count for each place."""
        occur = [index for index in range(len(self.places)) if any(each.counts[index] for each in self.samples)]
        return {
            "places": [self.places[index].value for index in occur],
            "samples": [[round(each.at - start, 3), *(each.counts[index] for index in occur)] for each in self.samples],
        }
