"""A run as a scenario: every action is written, times between them are kept, and the rules of scenarios hold."""

import ast
from typing import Any

import pytest

from sim import recordings
from sim.demo import actions
from sim.demo.click_log import Click
from sim.demo.scenarios.saving import _WRITERS, scenario_of
from sim.pytest_plugin.scenario_rules import ScenarioFile

WITHOUT_EFFECT = {"clock", "letter", "lesson", "lesson_next", "lesson_automatic", "restart", "sabotage"}
"""They change no pipeline, or begin another run."""

MEMORY = "5b0e3a3e-7e0c-4d0c-9d3a-000000000001"


def sample(at: float, *accepted: str, refused: int = 0) -> Click:
    return Click(at, "sample", {"samples": [("lentil-soup", None, each) for each in accepted], "refused": refused})


def saved(*clicks: Click, ended_at: float = 100.0) -> str:
    text = scenario_of(clicks, ended_at)
    ast.parse(text)
    assert ScenarioFile("saved.py", text).violations() == []
    return text


def body(text: str) -> list[str]:
    return [line.strip() for line in text.partition("as until_the_end:\n")[2].splitlines() if line.strip()]


def test_every_action_with_an_effect_can_be_written() -> None:
    assert set(_WRITERS) == {*set(actions.ACTIONS) - WITHOUT_EFFECT, "record"}


def test_a_whole_run() -> None:
    text = saved(
        Click(1.0, "fault_on", {"fault": "openai.down", "options": {"endpoint": "chat"}}),
        sample(2.5, MEMORY, "other"),
        Click(7202.5, "fault_off", {"fault": "openai.down"}),
        Click(7202.5, "redrive", {"only": None}),
        ended_at=7203.0,
    )

    assert body(text) == [
        "sim.run_for(seconds(1))",
        "openai_down = until_the_end.enter_context(ExitStack())",
        "openai_down.enter_context(sim.fault(faults.openai.down(endpoint='chat'), allow_untriggered=True))",
        "sim.run_for(seconds(1.5))",
        'memories_1 = sim.api.record(2, only=recordings.by_name("lentil-soup"))',
        "sim.run_for(seconds(7200))  # 2 h",
        "openai_down.close()",
        "sim.operator.redrive()",
        "sim.run_for(seconds(0.5))",
    ]
    assert "from sim import Simulation, faults, needs, recordings, seconds\n" in text


def test_nothing_clicked_is_a_scenario_too() -> None:
    assert body(saved(ended_at=0.0)) == ["pass  # nothing was done"]


@pytest.mark.parametrize(
    ("click", "written"),
    [
        (Click(0, "kill_worker", {}), ["with sim.fault(faults.worker.killed(), allow_untriggered=True):", "pass"]),
        (
            Click(0, "restart_postgres", {}),
            ["with sim.fault(faults.database.restarted(), allow_untriggered=True):", "pass"],
        ),
        (Click(0, "poison", {"kind": "not JSON"}), ['sim.queue.send_poison("not JSON")']),
        (Click(0, "redrive", {"only": "openai_quota"}), ['sim.operator.redrive("openai_quota")']),
        (
            Click(0, "redrive", {"only": None, "one": True, "memory": None}),
            [
                "# In the demo this was one message that is no job of this scenario; here it is all that are no jobs.",
                'sim.operator.redrive("poison")',
            ],
        ),
        (Click(0, "purge_poison", {}), ['sim.operator.purge("poison")']),
        (Click(0, "fault_off", {"fault": "openai.down"}), []),
        (Click(0, "delete_memory", {"memory": "unknown"}), []),
        (Click(0, "clock", {"do": "pause"}), []),
        (
            Click(0, "record", {"audio": b"no audio", "accepted": None, "status": 415}),
            ["sim.api.upload(b'no audio')  # refused: 415"],
        ),
        (
            Click(0, "record", {"audio": bytes(30 * 1024**2), "accepted": None, "status": 413}),
            [f"sim.api.upload({bytes(60)!r} + bytes(31457220))  # refused: 413"],
        ),
        (
            Click(0, "record", {"audio": recordings.by_name("bike-repair").data, "accepted": MEMORY, "status": 202}),
            ['memories_1 = sim.api.record(1, only=recordings.by_name("bike-repair"))'],
        ),
    ],
)
def test_one_action(click: Click, written: list[str]) -> None:
    assert [line for line in body(saved(click, ended_at=0.0)) if line != "pass  # nothing was done"] == written


def test_a_recording_by_microphone_has_a_stand_in() -> None:
    text = saved(Click(0, "record", {"audio": b"\x1aE\xdf\xa3" * 1000, "accepted": MEMORY, "status": 202}))

    assert "another recording, of 4,000 bytes" in text
    assert 'only=recordings.by_name("dentist-reminder")' in text


def test_uploads_that_were_refused_are_named() -> None:
    text = saved(sample(0.0, MEMORY, refused=3))

    assert "record(1," in text
    assert "# The API did not accept 3 more." in text


def test_samples_in_turn_are_one_call_each() -> None:
    taken = [("lentil-soup", None, "a"), ("bike-repair", None, "b"), ("lentil-soup", None, "c")]

    assert body(saved(Click(0, "sample", {"samples": taken, "refused": 0}), ended_at=0.0)) == [
        'memories_1 = sim.api.record(1, only=recordings.by_name("bike-repair"))',
        'memories_2 = sim.api.record(2, only=recordings.by_name("lentil-soup"))',
    ]


def test_a_large_recording_is_as_large_again() -> None:
    click = Click(0, "sample", {"samples": [("dentist-reminder", 12_582_914, MEMORY)], "refused": 0})

    assert body(saved(click, ended_at=0.0)) == [
        'sim.api.upload(recordings.enlarged(recordings.by_name("dentist-reminder"), 12582914))'
    ]


def test_a_deletion_names_the_memory() -> None:
    one = {"only": None, "one": True, "memory": MEMORY}
    text = saved(sample(0.0, "4444", MEMORY), Click(1.0, "redrive", one))
    assert "sim.operator.redrive_memory(memories_1.ids[1])" in text
    text = saved(sample(0.0, "4444", MEMORY), Click(1.0, "delete_memory", {"memory": MEMORY}))

    assert "sim.api.delete(memories_1.ids[1])" in text


def test_the_api_comes_back_where_it_did() -> None:
    lines = body(saved(Click(0, "kill_api", {}), Click(3, "start_api", {})))

    assert lines[2:4] == ["sim.run_for(seconds(3))", "api_killed.close()"]


def test_a_bug_is_named() -> None:
    assert "the bug “Acknowledge on failure”" in scenario_of([], 0.0, "Acknowledge on failure")


def test_times_never_go_back() -> None:
    """A click is noted when it begins; a slow one may be noted before a quick one that ended first."""
    arguments: dict[str, Any] = {"kind": "not JSON"}
    text = saved(Click(5, "poison", arguments), Click(4, "poison", arguments), Click(6, "poison", arguments))

    assert [line for line in body(text) if "run_for" in line][:2] == [
        "sim.run_for(seconds(5))",
        "sim.run_for(seconds(1))",
    ]
