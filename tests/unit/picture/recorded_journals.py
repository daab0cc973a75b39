"""Journals of real scenarios, without the invocations of the relay, and what feed and conservation make of them.

`python -m tests.unit.picture.recorded_journals` writes the `.feed.json` and `.places.json` files again.
"""

import json
from pathlib import Path
from typing import Any

from sim.journal.reading import Line, read_lines
from sim.picture.conservation import conservation_of
from sim.picture.feed import feed_of
from sim.picture.packing import Packer
from sim.report.run_record import run_of

RECORDED = Path(__file__).parent / "recorded"
PACKED = "mutant-that-loses"
NAMES = ("outage-and-redrive", "worker-killed", "mutant-that-loses")


def lines_of(name: str) -> list[Line]:
    """The lines of the one scenario of a journal."""
    with (RECORDED / f"{name}.jsonl").open(encoding="utf-8") as texts:
        (scenario,) = run_of(read_lines(texts)).scenarios
    return scenario.lines


def places_of(name: str) -> dict[str, Any]:
    """What Python's reducer says: the samples of the strip, with the places that occur."""
    derived = conservation_of(lines_of(name))
    assert derived is not None
    return {
        "accepted": derived.conservation.accepted,
        "violations": derived.sentences(),
        **derived.series.as_json(derived.start),
    }


def as_text(data: object) -> str:
    """One line for each entry of a list, so that a change is readable."""
    if isinstance(data, list):
        return "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in data) + "\n]\n"
    return json.dumps(data, ensure_ascii=False) + "\n"


def expected_files() -> dict[Path, str]:
    """Every derived file with its content."""
    files: dict[Path, str] = {}
    for name in NAMES:
        files[RECORDED / f"{name}.feed.json"] = as_text(feed_of(lines_of(name)))
        files[RECORDED / f"{name}.places.json"] = as_text(places_of(name))
    packer = Packer()
    rows = packer.rows(feed_of(lines_of(PACKED)))
    files[RECORDED / f"{PACKED}.packed.json"] = as_text({**packer.dictionary(), "rows": rows})
    return files


if __name__ == "__main__":
    for path, text in expected_files().items():
        path.write_text(text, encoding="utf-8")
