"""Child processes end with the harness, however it ends, and a later run removes what a killed run left."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from sim.clock.clocks import RealClock
from sim.platform import killed_runs
from sim.platform.killed_runs import claim, clear_stale
from sim.platform.processes import ChildProcess, Identity, ProcessNotStarted, free_port

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {"PATH": os.environ["PATH"]}


LIMIT = timedelta(seconds=20)


def eventually[T](look: Callable[[], T]) -> T:
    """The first truthy value that `look` returns. Fails when there is none within the limit."""
    seen: list[T] = []

    def see() -> bool:
        seen[:] = [look()]
        return bool(seen[0])

    assert RealClock().wait_until(see, LIMIT), f"not seen within {LIMIT.seconds} s"
    return seen[0]


def python(source: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(source)]


FAMILY = """
    import signal, subprocess, sys, time
    {extra}
    child = subprocess.Popen(["sleep", "300"])
    print("child", child.pid, flush=True)
    time.sleep(300)
"""


def child_of(process: ChildProcess) -> int:
    return int(eventually(lambda: [line.split()[1] for line in process.log_tail().splitlines() if "child" in line])[0])


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("code", [0, 7])
def test_the_exit_code_is_that_of_the_command(code: int, tmp_path: Path) -> None:
    process = ChildProcess("short", python(f"print('words'); raise SystemExit({code})"), ENVIRONMENT, tmp_path / "log")
    process.start()

    assert process.wait(timeout_seconds=10) == code
    assert not process.is_alive()
    assert process.log_tail() == "words"


def test_the_signal_that_ended_it_is_reported(tmp_path: Path) -> None:
    process = ChildProcess("suicidal", python("import os; os.kill(os.getpid(), 9)"), ENVIRONMENT, tmp_path / "log")
    process.start()

    assert process.wait(timeout_seconds=10) == -signal.SIGKILL


def test_waiting_is_limited(tmp_path: Path) -> None:
    process = ChildProcess("slow", ["sleep", "300"], ENVIRONMENT, tmp_path / "log")
    with process, pytest.raises(TimeoutError, match=r"slow still runs after 0\.1 s"):
        process.wait(timeout_seconds=0.1)
    assert not process.is_alive()


def test_stop_ends_the_process_and_its_children(tmp_path: Path) -> None:
    process = ChildProcess("family", python(FAMILY.format(extra="")), ENVIRONMENT, tmp_path / "log")
    process.start()
    child = child_of(process)
    process.stop()
    process.stop()  # a second time does no harm

    assert not process.is_alive()
    eventually(lambda: not is_running(child))


def test_background_processes_end_with_their_command(tmp_path: Path) -> None:
    parent = "import subprocess; print('child', subprocess.Popen(['sleep', '300']).pid)"
    process = ChildProcess("parent", python(parent), ENVIRONMENT, tmp_path / "log")
    process.start()
    child = child_of(process)

    assert process.wait(timeout_seconds=10) == 0
    eventually(lambda: not is_running(child))


def test_a_process_that_ignores_the_signal_is_killed_after_the_grace_time(tmp_path: Path) -> None:
    deaf = python(FAMILY.format(extra="signal.signal(signal.SIGTERM, signal.SIG_IGN)"))
    process = ChildProcess("deaf", deaf, ENVIRONMENT, tmp_path / "log")
    process.start()
    child = child_of(process)
    began = time.monotonic()
    process.stop(grace_seconds=0.3)

    assert 0.3 <= time.monotonic() - began < 3
    eventually(lambda: not is_running(child))


def test_a_missing_program_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProcessNotStarted, match="ghost could not be started: /no/such/program: No such file"):
        ChildProcess("ghost", ["/no/such/program"], ENVIRONMENT, tmp_path / "log").start()


def test_children_end_when_the_harness_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    harness = subprocess.Popen(
        python(f"""
            import sys, time
            from pathlib import Path
            from sim.platform.processes import ChildProcess
            child = ChildProcess("family", {python(FAMILY.format(extra=""))!r}, {ENVIRONMENT!r}, Path({str(log)!r}))
            child.start()
            print(child.pid, flush=True)
            time.sleep(300)
        """),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert harness.stdout is not None
    parent = int(harness.stdout.readline())
    child = int(eventually(lambda: log.read_text().split("child ")[1:])[0])
    harness.kill()
    harness.communicate()

    eventually(lambda: not is_running(parent) and not is_running(child))


def test_the_state_of_a_killed_run_is_removed_and_that_of_a_running_one_is_not(tmp_path: Path) -> None:
    dead, alive, elsewhere = tmp_path / "dead" / "state", tmp_path / "alive" / "state", tmp_path / "elsewhere"
    elsewhere.mkdir()
    claim(alive)
    claim(dead, also=[elsewhere])
    _pretend_dead(dead / ".owner.json")

    assert clear_stale(tmp_path) == [dead]
    assert not dead.exists()
    assert not elsewhere.exists()
    assert alive.exists()


def test_an_orphan_of_a_killed_run_is_killed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = ChildProcess("orphan", ["sleep", "300"], ENVIRONMENT, run / "log")
    process.start()
    assert process.pid is not None
    assert process._supervisor is not None
    process._supervisor.kill()  # a child outlives its supervisor only when that is killed as well
    process._supervisor.wait()
    assert is_running(process.pid)

    clear_stale(tmp_path)
    eventually(lambda: not is_running(process.pid or 0))
    process.stop()


def test_another_process_with_the_same_id_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "300"], process_group=0)
    try:
        stranger = Identity.of(bystander.pid)
        assert stranger is not None
        record = tmp_path / "run" / "log.process.json"
        record.parent.mkdir()
        earlier = {"pid": stranger.pid, "started_at": stranger.started_at - 100}
        record.write_text(json.dumps([{"pid": 2**22 + 1, "started_at": 1.0}, earlier]))
        clear_stale(tmp_path)

        assert bystander.poll() is None
        assert not record.exists()
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("malformed", ["", '{"owner": {"pi', "[]", '{"also": []}', '[{"pid": 1}]', "null"])
def test_malformed_claims_do_not_stop_the_next_run(malformed: str, tmp_path: Path) -> None:
    run = tmp_path / "run" / "main"
    state = run / "state" / "localstack"
    state.mkdir(parents=True)
    (state / ".owner.json").write_text(malformed)
    record = run / "localstack.log.process.json"
    record.write_text(malformed)

    assert clear_stale(tmp_path) == [state]
    assert not state.exists()
    assert not record.exists()


def test_a_claim_that_another_run_removes_meanwhile_does_not_stop_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [tmp_path / "run" / name for name in (".owner.json", "x.process.json")]
    monkeypatch.setattr(killed_runs, "_find", lambda _, pattern: [each for each in gone if each.match(pattern)])

    assert clear_stale(tmp_path) == []


def test_a_free_port_can_be_listened_on() -> None:
    assert 1024 < free_port() < 65536


def _pretend_dead(mark: Path) -> None:
    recorded = json.loads(mark.read_text())
    recorded["owner"]["started_at"] -= 1000
    mark.write_text(json.dumps(recorded))
