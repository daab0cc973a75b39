"""What stands on the card of a scenario beside its timeline: invariants, source, logs, a crash of the product."""

import re
from pathlib import Path

import pytest

from sim.report.page.page import page
from sim.report.run_record import read_run
from tests.unit.report.journals import PIPELINE, JournalOf

SOURCE = "def test_it(sim):\n    # Given OpenAI is down.\n    x = 1 < 2\n"
PASSED = {
    "name": "nothing lost",
    "about": "All is <there>.",
    "verdict": "passed",
    "text": "",
    "numbers": {"logs": 1200},
}
FAILED = {**PASSED, "name": "at rest", "verdict": "failed", "text": "at rest: 3 jobs & more", "numbers": {}}


def journal() -> JournalOf:
    started = {"scenario": "a/test_a.py::test_it", "pipeline": PIPELINE, "source": SOURCE, "source_line": 12}
    return JournalOf("a/test_a.py::test_it", begin=False).line(0, "scenario_started", **started).accepted(1)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_each_invariant_has_its_verdict_and_what_it_looked_at() -> None:
    html = page(journal().own(2, "invariants_checked", results=[PASSED, FAILED]).verdict(3, "failed").run())
    block = html.partition("<details class='invariants' open>")[2].partition("</details>")[0]
    assert text_of(block) == (
        "1 of 2 invariants hold ✓ All is &lt;there&gt;. 1,200 logs ✕ All is &lt;there&gt;. at rest: 3 jobs &amp; more"
    )


def test_invariants_that_hold_are_there_to_open() -> None:
    html = page(journal().own(2, "invariants_checked", results=[PASSED, PASSED]).verdict(3, "passed").run())
    assert "<details class='invariants'><summary>All 2 invariants hold</summary>" in html


@pytest.mark.parametrize(("verdict", "is_said"), [("failed", True), ("inconclusive", True), ("passed", False)])
def test_a_card_says_that_no_invariant_was_checked(verdict: str, is_said: bool) -> None:
    html = page(journal().verdict(3, verdict).run())
    assert ("ended before its invariants were checked" in html) == is_said


def test_the_source_has_its_line_numbers_and_the_times_of_its_steps() -> None:
    given = {"name": "Given", "text": "OpenAI is down", "line": 13}
    html = page(journal().own(4, "step", **given).verdict(5, "passed").run())
    block = html.partition("<pre class='source'>")[2].partition("</pre>")[0]
    assert re.findall(r"data-line='(\d+)'", block) == ["12", "13", "14"]
    reached = re.findall(r"<span class='reached' data-line='(\d+)'[^>]*>(.*)\n", block)
    assert reached == [("13", "    # Given OpenAI is down.<time>3.1 s</time>")]
    assert "x = 1 &lt; 2" in block


def test_logs_are_linked_where_the_run_has_them(tmp_path: Path) -> None:
    run = journal().run_started().verdict(5, "passed")
    run.write(tmp_path)
    folder = tmp_path / "gw0" / "logs" / PIPELINE
    folder.mkdir(parents=True)
    for name in ("api.log", "worker.log"):
        (folder / name).write_text("x", encoding="utf-8")
    html = page(read_run(tmp_path))
    assert re.findall(r"<a href='([^']+)'>", html) == [
        f"gw0/logs/{PIPELINE}/{name}" for name in ("api.log", "worker.log")
    ]
    assert "class='logs'" not in page(run.run())


def test_a_crash_of_the_product_is_failed_with_exception_file_and_line() -> None:
    crash = "the product crashed: KeyError: 'id' at rawk/worker/handler.py:41 (worker)"
    html = page(journal().verdict(5, "failed", reason=f"{crash}\n\n  File ...").run())
    assert "<h3>the product crashed: KeyError: &#x27;id&#x27; at rawk/worker/handler.py:41 (worker)</h3>" in html
    assert "<details class='card failed'" in html
