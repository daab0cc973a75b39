"""What a run of schemathesis sent and got, read from its record (NDJSON): requests by route and by status."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import compile_path

OTHER_PATH, OTHER_METHOD = "another path", "another method"


@dataclass
class Tally:
    routes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        return self.routes.total()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.routes + other.routes, self.statuses + other.statuses)

    def lines(self) -> Iterator[str]:
        for name, counts in (("route", self.routes), ("status", self.statuses)):
            yield f"requests by {name}:"
            yield from (f"  {number:6}  {each}" for each, number in sorted(counts.items()))


def tally_of(record: Iterable[str], paths: Mapping[str, Mapping[str, object]]) -> Tally:
    """Count what the record's lines say; `paths` are those of the OpenAPI document, with their methods."""
    routes = [(path, compile_path(path)[0]) for path in paths]
    found = Tally()
    for exchange in _exchanges(record):
        path = urlsplit(exchange["request"]["uri"]).path
        route = next((name for name, pattern in routes if pattern.match(path)), OTHER_PATH)
        method = exchange["request"]["method"]
        found.routes[f"{route} {method if method.lower() in paths.get(route, ()) else OTHER_METHOD}"] += 1
        answer = exchange.get("response")
        found.statuses[str(answer["status_code"]) if answer else "no answer"] += 1
    return found


def _exchanges(record: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in record:
        finished = json.loads(line).get("ScenarioFinished", {})
        yield from finished.get("recorder", {}).get("interactions", {}).values()
