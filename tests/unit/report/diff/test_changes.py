"""Which differences between two runs count as behaviour, which as timing, and what cannot be compared."""

import copy
from typing import Any

import pytest

from sim.journal.version import RECORD_VERSION
from sim.report.diff.changes import Difference, difference
from sim.report.diff.rendering import headline, markdown_of, text_of
from sim.report.diff.summaries import Summary

NAME = "openai/test_outage.py::test_short_outage"
OTHER = "queue/test_poison.py::test_poison"


def scenario(name: str = NAME, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "title": "Short outage",
        "verdict": "passed",
        "reason": "",
        "outcomes": {"complete": 3},
        "virtual_seconds": 100.0,
        "totals": {"receives": 4, "openai_calls": 8, "billed_audio_seconds": 60.0, "cold_starts": 2, "invocations": 4},
        "conservation": {"conservation_verdict": "conserved"},
        "faults": [{"fault": "OpenAI answers 503", "family": "openai", "times_triggered": 2}],
        **changes,
    }


def run(*scenarios: dict[str, Any], name: str = "run-1", **about: Any) -> Summary:
    content = {
        "version": RECORD_VERSION,
        "engine": "embedded",
        "topology": "core",
        "seed": 7,
        "commit": "c0ffee",
        "limits": {"max_receive_count": 5},
        "outage_tolerance_seconds": 5400,
        "finished": True,
        "counts": {"passed": len(scenarios)},
        "iam": {"used": [{"role": "worker", "action": "s3:GetObject", "resource": "audio/*", "times_used": 3}]},
        "scenarios": list(scenarios),
        **about,
    }
    return Summary(name, copy.deepcopy(content))


def with_total(key: str, value: float) -> dict[str, Any]:
    return scenario(totals={**scenario()["totals"], key: value})


def changes_of(found: Difference) -> dict[str, tuple[Any, Any]]:
    return {each.what: (each.before, each.after) for one in found.scenarios for each in one.behaviour}


def test_two_runs_of_equal_behaviour_do_not_differ() -> None:
    found = difference(run(scenario()), run(scenario(), name="run-2", commit="deadbee"))
    assert found.is_empty
    assert headline(found) == "no behaviour differs, in 1 scenario"
    assert found.notes == ()


@pytest.mark.parametrize(
    ("later", "what", "values"),
    [
        (scenario(outcomes={"complete": 2, "failed": 1}), "memories failed", (None, 1)),
        (with_total("openai_calls", 9), "openai_calls", (8, 9)),
        (with_total("billed_audio_seconds", 72.5), "billed_audio_seconds", (60.0, 72.5)),
        (with_total("receives", 5), "receives", (4, 5)),
        (scenario(conservation={"conservation_verdict": "violated"}), "conservation", ("conserved", "violated")),
        (scenario(conservation=None), "conservation", ("conserved", None)),
        (scenario(faults=[]), "times triggered: OpenAI answers 503", (2, None)),
    ],
)
def test_a_figure_that_changes_is_behaviour(later: dict[str, Any], what: str, values: tuple[Any, Any]) -> None:
    found = difference(run(scenario()), run(later))
    assert not found.is_empty
    assert changes_of(found)[what] == values
    assert headline(found) == "behaviour differs in 1 of 1 scenario"


def test_a_bill_that_changes_while_every_verdict_stays_is_named_with_its_share() -> None:
    found = difference(run(scenario(), scenario(OTHER)), run(with_total("billed_audio_seconds", 75.0), scenario(OTHER)))
    assert [each.name for each in found.changed] == [NAME]
    text = text_of(found)
    assert "behaviour differs in 1 of 2 scenarios" in text
    assert "billed audio                  1 min → 1 min 15 s  (+25 %)" in text
    assert text.count("billed audio") == 2, "once for the scenario and once for all together"


@pytest.mark.parametrize("key", ["cold_starts", "invocations"])
def test_what_depends_on_the_load_of_the_machine_is_timing(key: str) -> None:
    found = difference(run(scenario()), run(with_total(key, 9)))
    assert found.is_empty
    assert [each.what for each in found.slower[0].timing] == [key]


@pytest.mark.parametrize(("seconds", "reported"), [(100.0, False), (119.0, False), (121.0, True), (79.0, True)])
def test_a_virtual_duration_is_reported_when_it_differs_by_more_than_runs_of_the_same_code(
    seconds: float, reported: bool
) -> None:
    found = difference(run(scenario()), run(scenario(virtual_seconds=seconds)))
    assert found.is_empty
    assert bool(found.slower) == reported


def test_a_short_scenario_that_takes_some_seconds_more_is_not_reported() -> None:
    assert not difference(run(scenario(virtual_seconds=1.0)), run(scenario(virtual_seconds=9.0))).slower


def test_a_failure_is_named_with_its_reason_and_its_figures() -> None:
    later = scenario(verdict="failed", reason="\n  nothing is lost: memory 3f2a\nmore", outcomes={"complete": 2})
    found = difference(run(scenario()), run(later))
    assert changes_of(found) == {"verdict": ("passed", "failed"), "memories complete": (3, 2)}
    assert "  nothing is lost: memory 3f2a" in text_of(found).splitlines()


@pytest.mark.parametrize("verdict", ["skipped", "inconclusive", "unfinished"])
def test_a_scenario_that_did_not_run_to_its_end_has_no_figures_to_compare(verdict: str) -> None:
    found = difference(run(scenario()), run(scenario(verdict=verdict, outcomes={}, totals={})))
    assert changes_of(found) == {"verdict": ("passed", verdict)}


def test_permissions_that_only_one_run_used_are_named() -> None:
    added = {"role": "worker", "action": "s3:PutObject", "resource": "audio/*", "times_used": 1}
    before, after = run(scenario()), run(scenario(), iam={"used": [added]})
    found = difference(before, after)
    assert found.permissions_added == ("worker: s3:PutObject on audio/*",)
    assert found.permissions_removed == ("worker: s3:GetObject on audio/*",)
    assert not found.is_empty


def test_a_deployed_limit_that_changes_is_a_setting() -> None:
    found = difference(run(scenario()), run(scenario(), limits={"max_receive_count": 3}, outage_tolerance_seconds=2700))
    assert [(each.what, each.before, each.after) for each in found.settings] == [
        ("max_receive_count", 5, 3),
        ("outage_tolerance_seconds", 5400, 2700),
    ]
    assert "outage tolerance              1 h 30 min → 45 min  (-50 %)" in text_of(found)


def test_runs_of_different_catalogues_are_compared_in_what_both_have() -> None:
    found = difference(run(scenario(), iam={"used": []}), run(scenario(), scenario(OTHER)))
    assert (found.only_before, found.only_after) == ((), (OTHER,))
    assert found.compared == 1
    assert found.permissions_added == ()
    assert found.notes == ("the runs have different scenarios: permissions are not compared",)
    assert not found.is_empty


@pytest.mark.parametrize(
    ("about", "note"),
    [
        ({"seed": 8}, "the seeds differ (7, 8)"),
        ({"engine": "aws"}, "the engines differ (embedded, aws): timing is not compared"),
        ({"topology": "lambda"}, "the topologies differ (core, lambda)"),
        ({"finished": False}, "run-2 was killed"),
        ({"version": 1}, "run-2 has record version 1, this harness writes"),
        ({"version": None}, "run-2 has record version None"),
    ],
)
def test_why_runs_can_be_compared_only_in_part_is_said(about: dict[str, Any], note: str) -> None:
    found = difference(run(scenario()), run(scenario(), name="run-2", **about))
    assert len(found.notes) == 1
    assert found.notes[0].startswith(note)
    assert f"note: {note}" in text_of(found)
    assert note.split(" (")[0] in markdown_of(found)


def test_timing_is_not_compared_between_engines() -> None:
    later = scenario(virtual_seconds=900.0, totals={**scenario()["totals"], "cold_starts": 9})
    assert not difference(run(scenario()), run(later, engine="aws")).slower


def test_markdown_escapes_what_a_run_contains() -> None:
    later = scenario(verdict="failed", reason="<img src=x> | a `b`", title="Short | <b>outage</b>")
    page = markdown_of(difference(run(scenario()), run(later)))
    assert "<img" not in page
    assert "<b>" not in page
    assert "Short \\| &lt;b&gt;outage" in page
    table = [line for line in page.splitlines() if line.startswith("| Short")]
    assert len(table[0].replace("\\|", "").split("|")) == 6


def test_json_says_both_runs_and_whether_their_behaviour_is_the_same() -> None:
    content = difference(run(scenario()), run(with_total("openai_calls", 9), name="run-2")).as_json()
    assert content["same_behaviour"] is False
    assert content["after"]["run"] == "run-2"
    assert content["totals"] == [{"what": "openai_calls", "before": 8, "after": 9}]
    assert content["scenarios"][0]["behaviour"] == [{"what": "openai_calls", "before": 8, "after": 9}]


def test_summaries_that_do_not_have_every_key_are_compared_in_what_they_have() -> None:
    bare = {"name": NAME, "verdict": "passed"}
    found = difference(Summary("a", {"scenarios": [bare]}), Summary("b", {"scenarios": [bare]}))
    assert found.is_empty
    assert found.compared == 1
    assert "no scenario" in text_of(found)
