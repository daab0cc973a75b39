"""The docker engine runs a scenario, and leaves nothing behind, however the harness ends."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from sim.engines.docker.cli import docker
from sim.engines.docker.ownership import OWNER, sweep
from sim.platform.process_identity import is_dead, this_process
from sim.platform.processes import free_port

ROOT = Path(__file__).parents[2]
REAPED_WITHIN_SECONDS = 60
"""The reaper waits ten seconds for the harness to connect again."""

SCENARIO = "everyday/test_one_recording.py"


def pytest_command(*options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-c", "scenarios/pytest.ini", "--rootdir", "scenarios", *options]


def engine(*scenarios: str) -> list[str]:
    return pytest_command(*(f"scenarios/{scenario}" for scenario in scenarios), "--engine", "docker")


def everything() -> dict[str, set[str]]:
    """The ids of all containers, networks and volumes."""
    listings = {"containers": ["ps", "-aq"], "networks": ["network", "ls", "-q"], "volumes": ["volume", "ls", "-q"]}
    return {kind: set(docker(*listing).split()) for kind, listing in listings.items()}


def eventually_as_before(before: dict[str, set[str]]) -> None:
    give_up_at = time.monotonic() + REAPED_WITHIN_SECONDS
    # What was there before may go meanwhile: it is not ours.
    while any((new := {kind: ids - before[kind] for kind, ids in everything().items()}).values()):
        assert time.monotonic() < give_up_at, f"left behind: {new}"
        time.sleep(0.5)


def test_a_scenario_passes_on_containers_and_leaves_nothing() -> None:
    before = everything()
    run = subprocess.run(engine(SCENARIO), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
    eventually_as_before(before)


def test_nothing_stays_when_the_harness_is_killed() -> None:
    before = everything()
    scenario = subprocess.Popen(engine(SCENARIO), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    give_up_at = time.monotonic() + 120
    while not docker("ps", "-q", "--filter", "name=rawk-api-"):  # the last part that starts
        assert time.monotonic() < give_up_at
        assert scenario.poll() is None
        time.sleep(0.1)
    os.killpg(scenario.pid, signal.SIGKILL)
    scenario.wait()

    assert everything() != before
    eventually_as_before(before)


def test_the_next_run_removes_what_a_killed_run_left() -> None:
    """As after a power failure, when the reaper did not run."""
    dead = f"{this_process().partition('/')[0]}/999999999/1.00"
    label = ["--label", f"{OWNER}={dead}"]
    name = f"rawk-test-{uuid.uuid4().hex[:8]}"
    before = everything()
    docker("network", "create", *label, name)
    docker("volume", "create", *label, name)
    docker("run", "-d", *label, "--network", name, "-v", f"{name}:/kept", "--name", name, "redis:7-alpine")

    assert dead in sweep()
    eventually_as_before(before)


def test_running_owners_and_other_machines_are_left_alone() -> None:
    assert not is_dead(this_process())
    assert not is_dead("no-process")
    assert not is_dead("another-machine/1/1.00")
    assert is_dead(f"{this_process().rpartition('/')[0]}/1.00")  # another process has its id


def test_a_missing_engine_is_one_sentence() -> None:
    nowhere = {**os.environ, "DOCKER_HOST": f"tcp://127.0.0.1:{free_port()}"}
    run = subprocess.run(
        engine(SCENARIO), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=nowhere
    )

    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the docker engine cannot run: Docker does not answer: start it" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
