"""What viewers do, on the real parts: break them, look into dead letters, send them back, check, save, share."""

import ast
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from .conftest import ROOT, Demo, Event, all_in, places, summary, violations


def active(state: Event) -> dict[str, int]:
    return {each["id"]: each["times_triggered"] for each in state["faults"] if each["active"]}


def verdicts(checked: Event) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in checked["results"]}


def test_an_outage_dead_letters_and_a_redrive(demo: Demo) -> None:
    assert demo.act("fault_on", fault="openai.down") == {"fault": "OpenAI answers 503"}
    assert demo.refused("fault_on", fault="openai.down")[0] == 409
    demo.act("sample", sample="lentil-soup", count=2)
    demo.wait(lambda state: active(state).get("openai.down", 0) >= 2)
    assert "redrive" not in demo.state()["actions"]
    assert demo.refused("redrive") == (409, "there are no dead letters")

    assert demo.act("clock", do="skip", seconds=7200)["text"] == "2 h in 8 s"
    events = demo.feed(all_in("dead-lettered", 2), within_seconds=90)
    demo.wait(lambda state: state["alarm"])
    demo.act("clock", do="rate", rate=1)

    letter = next(each["sqs"]["message"] for each in events if each.get("sqs", {}).get("event") == "dead_lettered")
    shown = demo.act("letter", message=letter)
    assert shown["reason"] == "openai_unavailable"
    assert json.loads(shown["body"])["type"] == "process_memory"
    assert demo.refused("letter", message="no-such-message")[0] == 409
    assert verdicts(demo.act("check"))["conservation"] == "passed"

    demo.act("fault_off", fault="openai.down")
    demo.act("redrive")
    events = demo.feed(all_in("complete", 2), within_seconds=60)
    assert violations(events) == []
    demo.wait(lambda state: "redrive" not in state["actions"])
    assert set(verdicts(demo.act("check")).values()) == {"passed"}


def test_a_redrive_of_one_letter_and_a_purge_of_poison(demo: Demo) -> None:
    demo.act("fault_on", fault="openai.wrong_key")
    demo.act("sample", sample="lentil-soup", count=2)
    demo.act("poison", kind="not JSON")
    demo.act("clock", do="rate", rate=60)
    events = demo.feed(
        lambda events: sum(each.get("sqs", {}).get("event") == "dead_lettered" for each in events) == 3,
        within_seconds=60,
    )
    about, other = places(events)
    letter = next(
        each["sqs"]["message"]
        for each in events
        if each.get("sqs", {}).get("event") == "dead_lettered" and about in each["subjects"]
    )
    demo.act("fault_off", fault="openai.wrong_key")

    assert demo.refused("redrive", message=letter, reason="configuration")[0] == 400
    assert "1 dead letters redriven: configuration 1" in demo.act("redrive", message=letter)["output"]
    events = demo.feed(lambda events: places(events).get(about) == "complete", within_seconds=60)
    assert places(events)[other] == "dead-lettered"
    assert demo.refused("redrive", message=letter)[0] == 409

    assert "1 dead letters removed: poison 1" in demo.act("purge_poison")["output"]
    assert "about 1 dead letters are left" in demo.act("redrive", reason="poison")["output"]
    text = demo.http.get("/scenario.py").text
    assert "sim.operator.redrive_memory(memories_1.ids[" in text
    assert 'sim.operator.purge("poison")' in text
    demo.act("redrive")
    demo.feed(all_in("complete", 2), within_seconds=60)
    assert demo.refused("purge_poison") == (409, "there are no dead letters")


def test_the_api_is_killed_and_comes_back_by_itself(demo: Demo) -> None:
    demo.act("sample", sample="lentil-soup")
    demo.feed(all_in("complete", 1))
    demo.act("kill_api")
    assert "start_api" in demo.state()["actions"]
    status, reason = demo.refused("sample", sample="lentil-soup")
    assert (status, reason) == (409, "the API does not answer: the recording is still with its client; try again")
    assert demo.refused("kill_api")[0] == 409

    demo.wait(lambda state: "kill_api" in state["actions"])

    demo.act("sample", sample="lentil-soup")
    demo.feed(all_in("complete", 2))


def test_the_api_is_started_at_once(demo: Demo) -> None:
    assert demo.refused("start_api") == (409, "the API runs")
    demo.act("kill_api")

    demo.act("start_api")

    demo.act("sample")


def test_a_worker_is_killed_and_another_one_does_its_work(demo: Demo) -> None:
    assert demo.refused("kill_worker") == (409, "no worker runs now: record something first")
    demo.act("fault_on", fault="openai.slow", options={"seconds": 60})
    demo.act("sample", sample="lentil-soup", count=2)
    demo.wait(lambda state: active(state).get("openai.slow", 0) >= 2)

    demo.act("kill_worker")

    demo.act("fault_off", fault="openai.slow")
    demo.feed(lambda events: list(places(events).values()) == ["returned"] * 2)
    demo.act("clock", do="next")
    events = demo.feed(all_in("complete", 2), within_seconds=90)
    assert violations(events) == []
    assert set(verdicts(demo.act("check")).values()) == {"passed"}


def test_time_is_skipped_while_a_worker_runs(demo: Demo) -> None:
    demo.act("fault_on", fault="storage.slow", options={"duration": 20, "what": "get"})
    names = {each["id"]: each["name"] for each in demo.state()["faults"]}
    assert names["storage.slow"] == "S3 answers downloads after 20 s"
    demo.act("sample", sample="lentil-soup", count=3)
    demo.wait(lambda state: active(state).get("storage.slow", 0) >= 1)

    demo.act("clock", do="skip", seconds=1800)

    events = demo.feed(all_in("complete", 3), within_seconds=60)
    assert violations(events) == []
    demo.wait(lambda state: state["clock"]["jumping"] is None)
    assert demo.state()["clock"]["at"] >= 1800


def test_postgres_is_restarted_also_when_it_is_dead(demo: Demo) -> None:
    demo.act("sample", sample="lentil-soup", count=2)
    demo.act("restart_postgres")
    demo.act("fault_on", fault="database.down")
    assert demo.http.post("/recordings", content=b"RIFF0000WAVEfmt ").status_code == 503

    demo.act("restart_postgres")

    assert active(demo.state()) == {}
    demo.act("sample", sample="lentil-soup")
    demo.act("clock", do="rate", rate=600)
    events = demo.feed(all_in("complete", 3), within_seconds=90)
    assert violations(events) == []


def test_nothing_seems_lost_while_postgres_is_down(demo: Demo) -> None:
    """What it has committed right before its crash is known, and the picture goes on without it."""
    # Without an answer of OpenAI nothing is paid for: one that comes while Postgres is down would be paid for again.
    demo.act("fault_on", fault="openai.down")
    demo.act("sample", count=10)
    demo.act("fault_on", fault="database.down")
    before = len(demo.feed(lambda events: len(places(events)) == 10))
    demo.act("clock", do="rate", rate=60)
    demo.feed(lambda events: len(events) > before + 10 and events[-1]["at"] > 60, within_seconds=30)

    demo.act("fault_off", fault="database.down")
    demo.act("fault_off", fault="openai.down")

    demo.act("clock", do="rate", rate=600)
    assert violations(demo.feed(all_in("complete", 10), within_seconds=120)) == []


def test_postgres_killed_from_outside_is_repaired(demo: Demo) -> None:
    """A visitor may kill it in a terminal."""
    (pid_file,) = demo.folder.glob("world/state/**/postmaster.pid")
    os.kill(int(pid_file.read_text().splitlines()[0]), 3)
    demo.wait(lambda _: demo.http.post("/recordings", content=b"RIFF0000WAVEfmt ").status_code == 503)

    demo.act("restart_postgres")

    demo.act("sample", sample="lentil-soup")
    assert violations(demo.feed(all_in("complete", 1), within_seconds=60)) == []


def test_every_fault_can_be_switched_on_and_off(demo: Demo) -> None:
    """One after another, on a pipeline at rest."""
    refused = {}
    for fault in demo.state()["faults"]:
        answer = demo.http.post("/actions/fault_on", json={"fault": fault["id"]})
        if answer.status_code != 200:
            refused[fault["id"]] = answer.text
        elif not fault["momentary"]:
            demo.act("fault_off", fault=fault["id"])
    assert refused == {}

    demo.act("sample", sample="lentil-soup")
    assert violations(demo.feed(all_in("complete", 1), within_seconds=60)) == []


@pytest.mark.parametrize(
    ("action", "arguments", "status"),
    [
        ("sample", {"sample": "no such sample"}, 400),
        ("sample", {"count": 21}, 400),
        ("sample", {"count": 0}, 400),
        ("sample", {"count": "2"}, 400),
        ("sample", {"count": True}, 400),
        ("sample", {"sample": "lentil-soup", "mebibytes": 3}, 400),
        ("sample", {"mebibytes": 10_000}, 400),
        ("sample", {"colour": "red"}, 400),
        ("fault_on", {}, 400),
        ("fault_on", {"fault": "openai.unknown"}, 400),
        ("fault_on", {"fault": "openai.down", "options": []}, 400),
        ("fault_on", {"fault": "openai.down", "options": {"endpoint": "moon"}}, 400),
        ("fault_on", {"fault": "permissions.missing", "options": {"role": "api", "action": "sqs:ReceiveMessage"}}, 409),
        ("fault_off", {"fault": "openai.down"}, 409),
        ("poison", {"kind": "rat"}, 400),
        ("clock", {}, 400),
        ("clock", {"do": "back"}, 400),
        ("clock", {"do": "rate"}, 400),
        ("clock", {"do": "rate", "rate": 0}, 400),
        ("clock", {"do": "skip", "seconds": -1}, 400),
        ("letter", {"message": "../../etc"}, 409),
        ("delete_memory", {"memory": "no-such-memory"}, 409),
        ("lesson", {"id": "no-such-lesson"}, 400),
        ("lesson", {"id": "fair-weather", "reading": -1}, 400),
        ("lesson_next", {}, 409),
        ("lesson_automatic", {"automatic": True}, 409),
        ("sabotage", {"id": "no-such-bug"}, 400),
        ("no_such_action", {}, 404),
        ("__class__", {}, 404),
    ],
)
def test_what_is_impossible_is_refused_with_a_sentence(
    running_demo: Demo, action: str, arguments: Event, status: int
) -> None:
    answered, reason = running_demo.refused(action, **arguments)

    assert answered == status, reason
    assert len(reason) > 5


def test_paused_time_stands_still_and_what_is_started_runs_to_its_end(demo: Demo) -> None:
    demo.act("clock", do="pause")
    demo.wait(lambda state: not state["clock"]["playing"])
    stood = demo.wait(lambda state: state["clock"]["at"] == demo.state()["clock"]["at"])["clock"]["at"]
    time.sleep(0.5)  # real time passes: a clock that goes on would be 0.5 s further
    assert demo.state()["clock"]["at"] == pytest.approx(stood, abs=0.2)

    demo.act("sample", sample="lentil-soup")

    events = demo.feed(all_in("complete", 1))
    assert violations(events) == []
    demo.act("clock", do="play")


def test_a_recording_is_named_and_deleted(demo: Demo) -> None:
    (first,) = demo.act("sample", sample="lentil-soup")["accepted"]
    (second,) = demo.act("sample", sample="lentil-soup")["accepted"]
    events = demo.feed(all_in("complete", 2))
    titles = {each["id"]: each["title"] for each in events if each["kind"] == "subject" and "title" in each}
    assert titles == {first: "Lentil soup", second: "Lentil soup 2"}

    demo.act("delete_memory", memory=first)

    events = demo.feed(lambda events: places(events).get(first) == "deleted by its owner")
    assert violations(events) == []
    assert demo.http.get(f"/memories/{first}").json() is None


def test_a_run_is_saved_as_a_scenario_that_runs(demo: Demo, tmp_path: Path) -> None:
    demo.act("fault_on", fault="openai.errors", options={"status": 500, "first": 3})
    first, second = demo.act("sample", sample="lentil-soup", count=2)["accepted"]
    demo.http.post("/recordings", content=b"no audio at all")
    demo.act("poison", kind="not JSON")
    demo.act("kill_api")
    demo.wait(lambda state: "kill_api" in state["actions"])
    demo.act("sample", sample="bike-repair")
    demo.act("restart_postgres")
    demo.act("clock", do="skip", seconds=3600)
    demo.wait(lambda state: state["clock"]["jumping"] is None, within_seconds=90)
    demo.act("fault_off", fault="openai.errors")
    demo.act("delete_memory", memory=second)

    saved = demo.http.get("/scenario.py")

    assert saved.headers["content-disposition"] == 'attachment; filename="test_from_the_demo.py"'
    ast.parse(saved.text)
    file = tmp_path / "test_from_the_demo.py"
    file.write_text(saved.text, encoding="utf-8")
    assert first not in saved.text
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "scenarios/pytest.ini", "--rootdir", str(tmp_path), str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, f"{saved.text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "1 passed" in done.stdout


def test_a_run_is_shared_as_one_file(demo: Demo) -> None:
    (memory,) = demo.act("sample", sample="lentil-soup")["accepted"]
    events = demo.feed(all_in("complete", 1))

    html = demo.http.get("/share.html").text

    (text,) = re.findall(r'<script type="application/json" id="recording">(.*?)</script>', html, re.DOTALL)
    recording = json.loads(text)
    assert recording["feed"][: len(events)] == events
    assert recording["memories"][memory]["status"] == "complete"
    assert recording["state"]["run"] == demo.state()["run"]
    assert demo.token not in html
    assert re.findall(r'src="(?!data:)[^"]*"|href="(?!#|data:)[^"]*"', html.partition("<body")[0]) == []


def test_the_product_is_whole_again_without_the_bug(demo: Demo) -> None:
    demo.act("sabotage", id="acknowledged-on-failure")
    demo.act("fault_on", fault="openai.down")
    demo.act("sample", sample="lentil-soup")
    demo.act("clock", do="rate", rate=60)
    events = demo.feed(lambda events: bool(violations(events)), within_seconds=60)
    assert "deleted from the queue" in violations(events)[0]["text"], summary(events)

    demo.act("sabotage", id=None)

    assert demo.state()["sabotage"] is None
    demo.act("fault_on", fault="openai.down", options={"first": 3})
    demo.act("sample", sample="lentil-soup")
    demo.act("clock", do="rate", rate=600)
    assert violations(demo.feed(all_in("complete", 1), within_seconds=60)) == []


def test_viewers_that_only_wait_are_answered_while_the_pipeline_restarts(demo: Demo) -> None:
    with httpx.Client(base_url=demo.http.base_url, headers=demo.http.headers, timeout=5) as viewer:
        demo.act("restart")
        assert viewer.get("/state").status_code == 200
