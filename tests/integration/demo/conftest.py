"""A demo as a viewer sees it: the command in a process of its own, on a free port."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sim.platform.processes import free_port

ROOT = Path(__file__).parents[3]
START_SECONDS = 300.0
"""Long, because in a fresh clone the first world builds LocalStack's environment."""

type Event = dict[str, Any]


class Demo:
    """One process of the command, and a viewer with the token."""

    def __init__(self, *options: str, **variables: str) -> None:
        self.port = free_port()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sim", "demo", "--no-browser", "--port", str(self.port), *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed: list[str] = []
        self.token = self._token()
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
            trust_env=False,
        )

    def _token(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if found := re.search(r"\?token=(\S+)", line):
                return found[1]
        raise AssertionError("".join(self.printed))

    @property
    def folder(self) -> Path:
        return ROOT / ".sim" / f"demo-{self.port}"

    def state(self) -> Event:
        return dict(self.http.get("/state").json())

    def wait(self, condition: Callable[[Event], bool], within_seconds: float = START_SECONDS) -> Event:
        """The first state for which the condition is true."""
        give_up_at = time.monotonic() + within_seconds
        while not condition(state := self.state()):
            assert self.process.poll() is None, "the demo has ended"
            assert time.monotonic() < give_up_at, {**state, "faults": ..., "samples": ...}
            time.sleep(0.05)
        return state

    def wait_until_ready(self) -> Event:
        return self.wait(lambda state: state["phase"] == "ready")

    def act(self, action: str, **arguments: Any) -> Event:
        answer = self.http.post(f"/actions/{action}", json=arguments)
        assert answer.status_code == 200, (action, answer.status_code, answer.text)
        return dict(answer.json())

    def refused(self, action: str, **arguments: Any) -> tuple[int, str]:
        answer = self.http.post(f"/actions/{action}", json=arguments)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["error"]

    def restart(self) -> str:
        """An empty pipeline at the normal pace."""
        return str(self.act("restart")["run"])

    def feed(self, until: Callable[[list[Event]], bool], within_seconds: float = 30.0, last: str = "") -> list[Event]:
        """The feed of the present run, read until the condition is true."""
        events: list[Event] = []
        give_up_at = time.monotonic() + within_seconds
        with self.http.stream("GET", "/feed", headers={"Last-Event-ID": last} if last else {}) as stream:
            for line in stream.iter_lines():
                if line.startswith('data: {"n"'):
                    events.append(json.loads(line.removeprefix("data: ")))
                    if until(events):
                        return events
                assert time.monotonic() < give_up_at, summary(events)
        raise AssertionError("the stream has ended")

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> int:
        """Wait until it has ended by itself; returns the exit code."""
        output, _ = self.process.communicate(timeout=60)
        self.printed += output.splitlines(keepends=True)
        self.http.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.process.returncode


def summary(events: list[Event]) -> str:
    return "\n".join(str({k: v for k, v in event.items() if k != "about"})[:300] for event in events[-40:])


def places(events: list[Event]) -> dict[str, str]:
    """Where each recording is, by the last events."""
    return {subject: place for event in events if event["kind"] == "places" for subject, place in event["moves"]}


def violations(events: list[Event]) -> list[Event]:
    return [each for event in events if event["kind"] == "places" for each in event["violations"]]


def all_in(place: str, count: int) -> Callable[[list[Event]], bool]:
    """So many recordings are in that place, and no other one is anywhere else."""

    def condition(events: list[Event]) -> bool:
        where = list(places(events).values())
        return len(where) == count and set(where) == {place}

    return condition


@pytest.fixture(scope="package")
def running_demo() -> Iterator[Demo]:
    demo = Demo()
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        demo.stop()


@pytest.fixture
def demo(running_demo: Demo) -> Demo:
    """A demo with an empty pipeline."""
    running_demo.restart()
    return running_demo
