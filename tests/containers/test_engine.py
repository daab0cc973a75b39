"""The docker engine: nothing of it stays, however the harness ends; and enough scenarios can play on it."""

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
"""The reaper waits ten seconds for somebody to come back."""

SCENARIO = "everyday/test_one_recording.py"


def playing(*options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-c", "scenarios/pytest.ini", "--rootdir", "scenarios", *options]


def engine(*scenarios: str) -> list[str]:
    return playing(*(f"scenarios/{scenario}" for scenario in scenarios), "--engine", "docker")


def everything() -> dict[str, set[str]]:
    """All that there is in Docker now, but for what is on its way out."""
    listings = {"containers": ["ps", "-aq"], "networks": ["network", "ls", "-q"], "volumes": ["volume", "ls", "-q"]}
    return {kind: set(docker(*listing).split()) for kind, listing in listings.items()}


def eventually_as_before(before: dict[str, set[str]]) -> None:
    give_up_at = time.monotonic() + REAPED_WITHIN_SECONDS
    while (now := everything()) != before:
        new = {kind: now[kind] - before[kind] for kind in now}
        assert time.monotonic() < give_up_at, f"left behind: {new}"
        time.sleep(0.5)


def test_a_scenario_holds_on_containers_and_leaves_nothing() -> None:
    before = everything()
    played = subprocess.run(engine(SCENARIO), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert played.returncode == 0, played.stdout + played.stderr
    assert "1 passed" in played.stdout
    eventually_as_before(before)


def test_nothing_stays_when_the_harness_is_killed() -> None:
    before = everything()
    scenario = subprocess.Popen(engine(SCENARIO), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    give_up_at = time.monotonic() + 120
    while not docker("ps", "-q", "--filter", "name=rawk-api-"):  # the last thing to come up
        assert time.monotonic() < give_up_at
        assert scenario.poll() is None
        time.sleep(0.1)
    os.killpg(scenario.pid, signal.SIGKILL)
    scenario.wait()

    assert everything() != before
    eventually_as_before(before)


def test_what_a_dead_run_left_all_the_same_goes_with_the_next() -> None:
    """As on a machine that lost its power: no reaper saw to it."""
    dead = f"{this_process().partition('/')[0]}/999999999/1.00"
    label = ["--label", f"{OWNER}={dead}"]
    name = f"rawk-test-{uuid.uuid4().hex[:8]}"
    before = everything()
    docker("network", "create", *label, name)
    docker("volume", "create", *label, name)
    docker("run", "-d", *label, "--network", name, "-v", f"{name}:/kept", "--name", name, "redis:7-alpine")

    assert dead in sweep()
    eventually_as_before(before)


def test_the_living_and_strangers_are_left_alone() -> None:
    assert not is_dead(this_process())
    assert not is_dead("by-hand")
    assert not is_dead("another-machine/1/1.00")
    assert is_dead(f"{this_process().rpartition('/')[0]}/1.00")  # its number came again


def test_no_engine_is_one_sentence() -> None:
    nowhere = {**os.environ, "DOCKER_HOST": f"tcp://127.0.0.1:{free_port()}"}
    played = subprocess.run(
        engine(SCENARIO), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=nowhere
    )

    assert played.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the docker engine can not play: Docker does not answer: start it" in played.stdout + played.stderr
    assert "Traceback" not in played.stdout + played.stderr
