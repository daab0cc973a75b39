"""Renders `report.html`: one file without external resources. Its text is HTML; a script draws the timelines."""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from sim.picture import bundle
from sim.picture.vocabulary import LANES
from sim.report.page.card import card
from sim.report.page.filters import filters
from sim.report.page.header import facts, heading
from sim.report.page.payload import feeds_data
from sim.report.run_record import RunRecord

ASSETS = files("sim.report.page") / "assets"
SCRIPTS = ("drawing.js", "board.js", "side.js", "page.js")
"""In this order, after the modules of the picture: they share one script element."""


def page(run: RunRecord) -> str:
    """The whole page as HTML."""
    scenarios = run.ordered
    cards = "\n".join(card(run, scenario, index) for index, scenario in enumerate(scenarios))
    data: dict[str, Any] = {"lanes": LANES, **feeds_data(scenarios)}
    parts = {
        "TITLE": escape(f"RAWK · {run.name}"),
        "STYLE": _asset("report.css") + bundle.style(),
        "SCRIPT": bundle.script() + "".join(_asset(name) for name in SCRIPTS),
        "HEADING": heading(run, scenarios),
        "FACTS": facts(run),
        "FILTERS": filters(run),
        "CARDS": cards or '<p class="no-data">The journal contains no scenario.</p>',
        "DATA": _in_script(data),
    }
    return "".join(_filled(_asset("report.html"), parts))


def _filled(template: str, parts: dict[str, str]) -> Iterator[str]:
    """Replace each `{{NAME}}` in the template; values are not searched for further names."""
    before, *rest = template.split("{{")
    yield before
    for piece in rest:
        name, _, after = piece.partition("}}")
        yield parts[name]
        yield after


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _in_script(data: Any) -> str:
    """JSON for a script element: without any text that a browser would read as the end of the element."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
