"""Helpers of these tests: a simulator in a process of its own, and the real SDK as its client."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import openai
from pydantic import BaseModel

from sim.clock.clocks import RealClock
from sim.clock.durations import seconds
from sim.openai_simulator.client import OpenAIServer, Space

STOP_SECONDS = 10


class Analysis(BaseModel):
    """The schema that the product requests."""

    title: str
    summary: str
    topics: list[str]
    people: list[str]
    mood: Literal["positive", "negative", "neutral", "mixed"]


@contextmanager
def running_simulator(folder: Path) -> Iterator[SimpleNamespace]:
    """A simulator in a process of its own: `server`, `pid`, `journal` (its file)."""
    journal = folder / "openai.jsonl"
    command = [sys.executable, "-m", "sim.openai_simulator", "--port", "0", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = json.loads(process.stdout.readline())
            yield SimpleNamespace(server=OpenAIServer(ready["url"]), pid=ready["pid"], journal=journal, process=process)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def client_of(space: Space, **settings) -> openai.OpenAI:
    chosen = {"max_retries": 0, "timeout": 10.0, **settings}
    return openai.OpenAI(api_key=space.api_key, base_url=space.base_url, **chosen)


def eventually(condition: Callable[[], bool]) -> bool:
    return RealClock().wait_until(condition, within=seconds(10))


def peak_bytes(pid: int) -> int:
    """The peak of a process's resident memory, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
