"""The command as a user starts it: soon there, on this machine alone, and nothing left behind."""

import os
import re
import socket
import subprocess
import sys

import httpx
import psutil
import pytest

from sim import recordings

from .conftest import ROOT, Demo, all_in, places, violations


def test_the_page_is_there_before_the_pipeline_and_nothing_stays_after_ctrl_c() -> None:
    demo = Demo()
    first = demo.state()
    assert first["phase"] == "starting"
    assert first["progress"]
    assert demo.refused("sample", sample="lentil-soup")[0] == 409

    ready = demo.wait_until_ready()
    assert ready["engine"] == "embedded"
    assert ready["limits"]["visibility_timeout_seconds"] == 1800
    started = psutil.Process(demo.process.pid).children(recursive=True)
    assert len(started) > 4

    assert demo.stop() == 0

    _, left = psutil.wait_procs(started, timeout=10)
    assert left == []
    assert demo.printed[-1] == "stopped\n"


def test_ctrl_c_during_the_start_leaves_nothing() -> None:
    demo = Demo()
    demo.wait(lambda state: any("LocalStack, Postgres" in text for text in state["progress"]))
    started = psutil.Process(demo.process.pid).children(recursive=True)

    assert demo.stop() == 0

    assert psutil.wait_procs(started, timeout=10)[1] == []


def test_when_a_part_of_the_world_dies_viewers_see_it_and_the_command_ends() -> None:
    demo = Demo()
    try:
        demo.wait_until_ready()
        (localstack,) = [
            each
            for each in psutil.Process(demo.process.pid).children(recursive=True)
            if "localstack.runtime.main" in " ".join(each.cmdline()) and "supervisor" not in " ".join(each.cmdline())
        ]
        localstack.kill()

        failed = demo.wait(lambda state: state["phase"] == "failed", within_seconds=30)

        assert "does not answer" in failed["error"]
    finally:
        exit_code = demo.ended()
    output = "".join(demo.printed)
    assert exit_code == 1
    assert "sim demo: " in output
    assert "does not answer" in output
    assert "Traceback" not in output


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "sim", "demo", "--no-browser", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.returncode == 2
    assert done.stderr == f"sim demo: port {port} is taken: choose another one, `--port N`\n"
    assert done.stdout == ""


def test_it_listens_on_this_machine_alone(running_demo: Demo) -> None:
    listening = [
        each.laddr
        for each in psutil.Process(running_demo.process.pid).net_connections("inet")
        if each.status == psutil.CONN_LISTEN and each.laddr.port == running_demo.port
    ]

    assert [each.ip for each in listening] == ["127.0.0.1"]


def test_the_page_and_its_modules_are_served(running_demo: Demo) -> None:
    page = httpx.get(f"http://127.0.0.1:{running_demo.port}/", trust_env=False)
    assert page.status_code == 200
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(named) >= 2
    for path in [*named, "/js/picture/reducer.js"]:
        served = httpx.get(f"http://127.0.0.1:{running_demo.port}{path}", trust_env=False)
        assert served.status_code == 200, path
        assert served.headers["content-type"].startswith(("text/javascript", "text/css"))
    assert httpx.get(f"http://127.0.0.1:{running_demo.port}/page/../conductor.py", trust_env=False).status_code >= 400
    assert httpx.get(f"http://127.0.0.1:{running_demo.port}/page/%2e%2e/conductor.py").status_code >= 400


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Authorization": ""}]
)
def test_strangers_are_refused(running_demo: Demo, headers: dict[str, str]) -> None:
    assert running_demo.http.get("/state", headers=headers).status_code == 403
    assert running_demo.http.post("/actions/restart", headers=headers, json={}).status_code == 403


def test_a_recording_becomes_a_memory_without_another_click(demo: Demo) -> None:
    answer = demo.http.post(
        "/recordings?title=My%20soup",
        content=recordings.by_name("lentil-soup").data,
        headers={"Content-Type": "audio/mpeg"},
    )
    assert answer.status_code == 202
    memory_id = answer.json()["id"]

    events = demo.feed(all_in("complete", 1))

    assert violations(events) == []
    memory = demo.http.get(f"/memories/{memory_id}").json()
    assert memory["transcript"] == recordings.by_name("lentil-soup").transcript
    assert memory["title"] == "My soup"
    audio = demo.http.get(f"/memories/{memory_id}/audio?token={demo.token}", headers={"Authorization": ""})
    assert audio.content == recordings.by_name("lentil-soup").data
    assert audio.headers["content-type"] == "audio/mpeg"
    assert demo.state()["clock"]["factor"] <= 1.0  # no time was skipped


@pytest.mark.parametrize(
    ("audio", "status"),
    [(b"", (400, 415, 422)), (b"this is no audio at all" * 100, (415,)), (b"\0" * 30 * 1024**2, (413, 415))],
    ids=["nothing", "no audio", "30 MB"],
)
def test_what_the_api_refuses_the_viewer_sees_refused(demo: Demo, audio: bytes, status: tuple[int, ...]) -> None:
    answer = demo.http.post("/recordings", content=audio, headers={"Content-Type": "audio/wav"})

    assert answer.status_code in status
    assert answer.json()


def test_viewers_see_the_same_and_resume(demo: Demo) -> None:
    demo.act("sample", sample="missed-train", count=3)
    first = demo.feed(all_in("complete", 3))
    run = demo.state()["run"]

    second = demo.feed(lambda events: len(events) == len(first))
    rest = demo.feed(lambda events: events[-1]["n"] == len(first), last=f"{run}.{len(first) - 5}")

    assert second == first
    assert rest == first[-5:]
    assert [event["n"] for event in first] == list(range(1, len(first) + 1))


def test_a_restart_is_another_run_with_nothing_in_it(demo: Demo) -> None:
    demo.act("sample", sample="missed-train")
    demo.feed(all_in("complete", 1))
    before = demo.state()["run"]

    run = demo.restart()

    assert run != before
    assert demo.state()["run"] == run
    demo.act("sample", sample="missed-train", count=2)
    assert len(places(demo.feed(all_in("complete", 2), last=f"{before}.7"))) == 2


def test_the_journal_is_one_of_a_run(demo: Demo) -> None:
    demo.act("sample", sample="missed-train")
    demo.feed(all_in("complete", 1))

    done = subprocess.run(
        [sys.executable, "-m", "sim", "report", str(demo.folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert (demo.folder / "report.html").exists()


def test_two_hundred_clicks_are_two_hundred_recordings(demo: Demo) -> None:
    for _ in range(10):
        demo.act("sample", sample="bike-repair", count=20)

    # On a busy machine S3 or Postgres may be late for one of them; its job comes back after half an hour.
    demo.act("clock", do="rate", rate=60)

    events = demo.feed(all_in("complete", 200), within_seconds=180)

    assert violations(events) == []
    with httpx.Client(timeout=5) as another:
        assert another.get(f"http://127.0.0.1:{demo.port}/state?token={demo.token}").status_code == 200
