"""report.html, summary.md and summary.json: content, escaping, and runs that were killed."""

import json
import re

from sim.journal.reading import read_lines
from sim.picture.formatting import headline_of
from sim.report.markdown import markdown
from sim.report.page.page import page
from sim.report.run_record import RunRecord, run_of
from sim.report.summary import summary
from sim.report.verdicts import UNFINISHED
from tests.unit.report.journals import JournalOf, dead_lettered_and_redriven, moment

LIMITS = {"max_receive_count": 3, "visibility_timeout_seconds": 1800, "a_new_one": 7}
STARTED = {"seed": 42, "engine": "embedded", "topology": "core", "commit": "abc123", "limits": LIMITS}
EVIL = "<img src=x onerror=alert(1)> & \"quotes\" 'too' `code` | cell"


def whole_run(*journals: JournalOf, ended: bool = True) -> RunRecord:
    opening = json.dumps({"at": moment(-10), "kind": "run_started", "outage_tolerance_seconds": 5400, **STARTED})
    closing = json.dumps({"at": moment(20), "kind": "run_ended"})
    texts = [opening, *(text for journal in journals for text in journal.texts), *([closing] if ended else [])]
    return run_of(read_lines(texts), "20261121-080000-1")


def test_the_page_of_a_run_that_passed() -> None:
    run = whole_run(dead_lettered_and_redriven().verdict(5420, "passed", outcomes={"complete": 1}))
    text = page(run)
    assert "The promise held." in text
    assert "1 h 30 min" in text  # virtual time, and the outage tolerance
    assert "was killed" not in text
    assert "OpenAI is down" in text
    assert "triggered 3 times" in text
    assert "tox -e scenarios -- queue/test_poison.py::test_it --seed 42" in text
    for fact in ("embedded", "core", "abc123", "30 min", "a new one"):
        assert fact in text


def test_the_page_loads_no_external_resource() -> None:
    text = page(whole_run(dead_lettered_and_redriven().verdict(1, "passed")))
    addresses = set(re.findall(r"(?:https?:)?//[a-z][^\s\"'<)]+", text)) - {"http://www.w3.org/2000/svg"}
    assert not {address for address in addresses if address.startswith("http")}
    assert not re.findall(r"<(?:script|img|iframe)[^>]+src=|<link[^>]+href=\"(?!data:)|@import|url\((?!#)", text)
    assert "default-src 'none'" in text


def test_text_of_the_journal_is_escaped() -> None:
    evil = JournalOf(f"{EVIL}/test.py::test_{EVIL}").accepted(1).own(2, "fault_started", fault=EVIL, family=EVIL)
    evil.own(3, "memory", memory_id=EVIL, status=EVIL, status_history=[]).own(3, EVIL)
    evil.verdict(4, "failed", reason=f"E   Oops: {EVIL}", claim=EVIL, outcomes={EVIL: 1})
    run = whole_run(evil)
    assert "<img" not in page(run)
    assert "<img" not in markdown(run)
    assert "\\| cell" in markdown(run)


def test_template_names_in_the_journal_are_not_replaced() -> None:
    text = page(
        whole_run(JournalOf().accepted(1).verdict(2, "failed", claim="{{SCRIPT}} {{UNKNOWN}}", reason="{{DATA}}"))
    )
    assert "{{SCRIPT}} {{UNKNOWN}}" in text


def test_reports_of_a_killed_run_say_so() -> None:
    run = whole_run(JournalOf().accepted(1), ended=False)
    assert run.counts == {UNFINISHED: 1}
    assert "was killed" in page(run)
    assert "was killed" in markdown(run)
    assert summary(run)["finished"] is False


def test_reports_of_an_empty_journal() -> None:
    run = run_of(read_lines([]))
    assert "No scenario was run." in page(run)
    assert "none was run" in markdown(run)
    assert summary(run)["scenarios"] == []


def test_failed_scenarios_come_first_and_are_open() -> None:
    passed = JournalOf("a/test_a.py::test_a", "a").accepted(1).verdict(2, "passed")
    failed = (
        JournalOf("b/test_b.py::test_b", "b").accepted(1).verdict(2, "failed", reason="E   InvariantViolated: lost")
    )
    run = whole_run(passed, failed)
    assert [each.verdict for each in run.ordered] == ["failed", "passed"]
    text = page(run)
    assert text.index("test_b.py") < text.index("test_a.py")
    assert re.search(r"<details class='card failed'[^>]* open>", text)
    assert not re.search(r"<details class='card passed'[^>]* open>", text)


def test_the_headline_is_the_sentence_that_says_what_went_wrong() -> None:
    reason = (
        "def test(sim):\n>   raise\nE   sim.checks.InvariantViolated: nothing is lost: one was\nE   more\n\nfile.py:7"
    )
    assert headline_of(reason) == "nothing is lost: one was"
    assert headline_of("E   assert 3 == 4") == "assert 3 == 4"
    assert headline_of("('file.py', 3, 'Skipped: needs docker')") == "('file.py', 3, 'Skipped: needs docker')"
    assert headline_of("") == ""


def test_the_summary_as_json() -> None:
    content = summary(whole_run(dead_lettered_and_redriven().verdict(5420, "passed", outcomes={"complete": 1})))
    assert content["counts"] == {"passed": 1, "failed": 0, "inconclusive": 0, "skipped": 0}
    (scenario,) = content["scenarios"]
    assert scenario["virtual_seconds"] == 5415.0
    assert scenario["outcomes"] == {"complete": 1}
    assert scenario["faults"][0]["times_triggered"] == 3
    assert [memory["status"] for memory in scenario["memories"]] == ["complete"]
    assert content["speedup"] == round(5415.0 / content["real_seconds"], 1)


def test_the_summary_as_markdown() -> None:
    failed = JournalOf("b/test_b.py::test_b", "b").accepted(1).verdict(2, "failed", reason="E   Oops: it was lost")
    text = markdown(whole_run(failed, dead_lettered_and_redriven().verdict(5420, "passed")))
    assert text.startswith("## Scenarios: 1 failed, 1 passed\n")
    assert "**failed**: it was lost" in text
    assert "<pre>tox -e scenarios -- b/test_b.py::test_b --seed 42</pre>" in text
    assert text.count("\n| ") == 3
