"""`report.html`: one file that needs nothing else. Its text is there to be read; a script draws the timelines."""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from sim.report.page.card import card, facts, filters, heading
from sim.report.page.payload import budgets, timeline
from sim.report.run_record import RunRecord
from sim.report.timeline.picture import LANES

ASSETS = files("sim.report.page") / "assets"


def page(run: RunRecord) -> str:
    """The whole page."""
    scenarios = run.ordered
    cards = "\n".join(card(run, scenario, index) for index, scenario in enumerate(scenarios))
    data: dict[str, Any] = {
        "lanes": LANES,
        "scenarios": [
            timeline(scenario, budget) for scenario, budget in zip(scenarios, budgets(scenarios), strict=True)
        ],
    }
    parts = {
        "TITLE": escape(f"RAWK · {run.name}"),
        "STYLE": _asset("report.css"),
        "SCRIPT": _asset("report.js"),
        "HEADING": heading(run, scenarios),
        "FACTS": facts(run),
        "FILTERS": filters(run),
        "CARDS": cards or '<p class="nothing">No scenario has begun.</p>',
        "DATA": _in_script(data),
    }
    return "".join(_filled(_asset("report.html"), parts))


def _filled(template: str, parts: dict[str, str]) -> Iterator[str]:
    """Replace each `{{NAME}}` once; what is put in is not looked at again."""
    before, *rest = template.split("{{")
    yield before
    for piece in rest:
        name, _, after = piece.partition("}}")
        yield parts[name]
        yield after


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _in_script(data: Any) -> str:
    """JSON that can stand inside a script element: nothing in it can end the element or begin another."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
