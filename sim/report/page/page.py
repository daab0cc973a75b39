"""Renders `report.html`: one file without external resources. Its text is HTML; a script draws the timelines."""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from sim.picture.vocabulary import LANES
from sim.report.page.card import card
from sim.report.page.filters import filters
from sim.report.page.header import facts, heading
from sim.report.page.payload import budgets, timeline_data
from sim.report.run_record import RunRecord

ASSETS = files("sim.report.page") / "assets"
STYLES = ("report.css", "places.css")
SCRIPTS = ("drawing.js", "places.js", "board.js", "page.js")
"""In this order: they share one script element."""


def page(run: RunRecord) -> str:
    """The whole page as HTML."""
    scenarios = run.ordered
    cards = "\n".join(card(run, scenario, index) for index, scenario in enumerate(scenarios))
    data: dict[str, Any] = {
        "lanes": LANES,
        "scenarios": [
            timeline_data(scenario, budget) for scenario, budget in zip(scenarios, budgets(scenarios), strict=True)
        ],
    }
    parts = {
        "TITLE": escape(f"RAWK · {run.name}"),
        "STYLE": "".join(_asset(name) for name in STYLES),
        "SCRIPT": "".join(_asset(name) for name in SCRIPTS),
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
