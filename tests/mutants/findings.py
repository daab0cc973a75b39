"""What the last run of each mutant has found, and the page that shows it: docs/reference/mutants.md.

The findings are a file beside this one, which the mutants' run writes: nobody edits the page. The
names of recordings and the times differ from run to run.
"""

import json
import threading
from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_name("findings.json")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mutants.md"

MOST_CHARACTERS = 200
"""Of an event on the page."""

HEAD = """\
# Mutants, and what finds them

Each mutant is a bug that is put into a copy of the product on purpose (`tests/mutants/`). The middle column is the
first line that the run of its scenario, or of the explorer, has printed: where [conservation](conservation.md) saw the
bug, the time, the recording and the event. Where it is empty, the run is not recorded yet: `tox -e mutants -- NAME`
records it.

`tox -e mutants -- --write-mutants-page` generates this page.

| mutant: what the product does wrong | event named | net that caught it |
|---|---|---|
"""

_writing = threading.Lock()


def read() -> dict[str, dict[str, str]]:
    """Mutant → net (`scenarios` or `explorer`) → the first line of what it found."""
    content: dict[str, dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return content


def record(mutant: str, net: str, event: str) -> None:
    with _writing:
        findings = read()
        findings.setdefault(mutant, {})[net] = " ".join(event.split())[:MOST_CHARACTERS]
        FILE.write_text(json.dumps(findings, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def page(mutants: Iterable[tuple[str, str, dict[str, str]]]) -> str:
    """`mutants`: the name of each, what it changes, and by net what the last column says."""
    findings, lines = read(), []
    for name, change, nets in mutants:
        for net, caught_by in nets.items():
            event = findings.get(name, {}).get(net, "").replace("|", "\\|")
            lines.append(f"| {change} (`{name}`) | {event} | {caught_by} |\n")
    return HEAD + "".join(lines)
