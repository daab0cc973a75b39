"""What the command line begins with: a lesson, a scenario, or a site of recorded lessons; and unknown names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.openai_simulator.client import OpenAIServer
from sim.openai_simulator.process import OpenAIServerProcess

from .conftest import ROOT, Demo, all_in, violations

CHOOSE = """
import json, sys
from sim.demo.scenarios.choice import choose
chosen = choose(sys.argv[1])
steps = [step.name for step in chosen.steps]
print(json.dumps({"name": chosen.name, "claim": chosen.claim, "steps": steps, "arguments": sorted(chosen.arguments)}))
"""


def python(*arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=seconds,
    )


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--lesson", "no-such-lesson"], "there is no lesson 'no-such-lesson'; there are fair-weather"),
        (["--scenario", "no-such-scenario"], "there is no scenario 'no-such-scenario'"),
        (["--scenario", "outage"], "is in the names of"),
        (["--scenario", "test_weather_day"], "there is no scenario"),
        (["--port", "0"], "0 is not a port"),
        (["--openai", "real"], "--openai real needs a key in OPENAI_API_KEY"),
        (["--lesson", "fair-weather", "--export", "site"], "not allowed with"),
    ],
)
def test_a_wrong_option_is_a_sentence_before_anything_starts(options: list[str], complaint: str) -> None:
    done = python("-m", "sim", "demo", "--no-browser", *options)

    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert "starting" not in done.stdout


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("test_redrive.py", {"steps": ["Given", "When"], "arguments": []}),
        ("operations/test_redrive.py::test_redrive_during_the_outage_loses_nothing", {"arguments": []}),
        ("test_killed_at_a_step", {"arguments": ["killed", "step"]}),
    ],
)
def test_a_scenario_is_found_by_its_name_or_a_part_of_it(name: str, found: dict[str, object]) -> None:
    done = python("-c", CHOOSE, name)

    chosen = json.loads(done.stdout)
    assert chosen | found == chosen
    assert chosen["claim"]


def test_a_scenario_is_given_as_a_narrated_lesson() -> None:
    demo = Demo("--scenario", "test_one_recording.py")
    try:
        demo.wait(lambda state: state.get("lesson") is not None)
        if not demo.state()["lesson"]["finished"]:
            assert demo.refused("restart") == (409, "a scenario is being given: end it first")
        ended = demo.wait(lambda state: state["lesson"]["finished"], within_seconds=100)["lesson"]
        events = demo.feed(lambda events: events[-1]["kind"] == "invariants")

        assert (ended["verdict"], ended["reason"]) == ("passed", "its claim and the invariants hold")
        assert {each["kind"] for each in events} >= {"step", "places", "condition", "invariants"}
        assert violations(events) == []
        assert "def test_one_recording" in demo.http.get("/scenario.py").text
        assert demo.restart()  # afterwards it is a demo like any other
    finally:
        demo.stop()


def test_a_viewer_ends_a_scenario() -> None:
    demo = Demo("--scenario", "test_short_outage.py")
    try:
        demo.wait(lambda state: any(each["times_triggered"] for each in state.get("faults", [])) or state.get("lesson"))

        demo.act("lesson", id=None)

        ended = demo.wait(lambda state: state["lesson"]["finished"], within_seconds=60)["lesson"]
        assert (ended["verdict"], ended["reason"]) == ("inconclusive", "it was ended by a viewer")
    finally:
        demo.stop()


def test_a_lesson_begins_at_once() -> None:
    demo = Demo("--lesson", "fair-weather")
    try:
        state = demo.wait(lambda state: state.get("lesson") is not None)

        assert state["lesson"]["id"] == "fair-weather"
        assert state["lesson"]["automatic"]
    finally:
        demo.stop()


def test_the_real_openai_answers_for_a_key_and_the_faults_are_ours(tmp_path: Path) -> None:
    """Another simulator stands for OpenAI: with what it answers, nothing is compared but digests of the product's."""
    with OpenAIServerProcess(tmp_path / "openai.jsonl", tmp_path / "openai.log") as process:
        openai = OpenAIServer(process.url).space("openai", api_key="sk-of-a-user")
        demo = Demo("--openai", "real", OPENAI_API_KEY="sk-of-a-user", OPENAI_BASE_URL=openai.base_url)
        try:
            demo.wait_until_ready()
            assert demo.state()["openai"] == "real"
            demo.act("sample", sample="lentil-soup")
            demo.feed(all_in("complete", 1))
            assert [call["endpoint"] for call in openai.journal()] == ["transcription", "chat"]

            demo.act("fault_on", fault="openai.down", options={"first": 2})
            demo.act("sample", sample="lentil-soup")
            demo.act("clock", do="rate", rate=60)
            demo.feed(all_in("complete", 2), within_seconds=60)

            assert len(openai.journal()) == 4
            checked = demo.act("check")["results"]
            assert {each["verdict"] for each in checked} == {"passed"}, checked
            files = [file for file in demo.folder.rglob("*") if file.is_file()]
            assert [file for file in files if b"sk-of-a-user" in file.read_bytes()] == []
        finally:
            demo.stop()
