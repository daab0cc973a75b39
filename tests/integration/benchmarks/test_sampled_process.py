"""The sampler in real processes: threads, threads that ended, forks; and the kernel's account of all of them."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from benchmarks.profile import processes
from benchmarks.profile.plugin import sampled
from benchmarks.profile.sampler.sitecustomize import LOG_VARIABLE

PARTS = ("in_main", "in_thread", "short", "in_fork")
PROGRAM = """
import os, threading, time

def busy(seconds):
    while time.thread_time() < seconds:
        sum(range(1000))

def in_main(): busy(0.2)
def in_thread():
    busy(0.3)
    ended.set()
    go_on.wait()
def in_short_threads():
    for _ in range(100):
        thread = threading.Thread(target=short)
        thread.start()
        thread.join()
def short(): busy(0.003)
def in_fork():
    busy(time.thread_time() + 0.2)
    os._exit(0)  # as a process that is killed: nothing is written at its end

if not (child := os.fork()):
    in_fork()
os.waitpid(child, 0)
in_main()
ended, go_on = threading.Event(), threading.Event()
threading.Thread(target=in_thread, daemon=True).start()
ended.wait()  # meanwhile the main thread does nothing
in_short_threads()
"""


@pytest.mark.parametrize("name", ["fork-server", "any other program"], ids=["in the main thread", "in its own thread"])
def test_each_part_of_a_process_has_its_seconds(tmp_path, name):
    log = tmp_path / "samples.jsonl"
    environment = sampled(name, {**os.environ, LOG_VARIABLE: str(log)})

    accounts = processes.run([sys.executable, "-c", PROGRAM], environment)
    seconds, total, found = Counter[str](), 0.0, Counter[str]()
    for pid, _, took, threads in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
        total += took
        seconds[pid] += took
        for thread_took, stack in threads:
            found.update({part: thread_took for part in PARTS if f":{part}" in stack})

    assert accounts.exit_code == 0
    assert len(seconds) == 2, "the fork is a process of its own"
    assert found["in_main"] == pytest.approx(0.2, abs=0.05)
    assert found["short"] == pytest.approx(0.3, abs=0.1)
    assert found["in_fork"] == pytest.approx(0.2, abs=0.05)
    if name != "fork-server":  # where its own thread takes the samples, the other threads are seen while they work
        assert found["in_thread"] == pytest.approx(0.3, abs=0.05)
    assert total == pytest.approx(accounts.total_seconds, abs=0.1)


ORPHAN = """
import os, time
if not os.fork():
    if not os.fork():
        while time.process_time() < 0.3: pass
    os._exit(0)
"""


def test_what_an_orphan_spends_is_in_the_account():
    accounts = processes.run([sys.executable, "-S", "-c", ORPHAN], os.environ)

    assert accounts.total_seconds == pytest.approx(0.35, abs=0.12)


def test_another_child_of_this_process_is_left_alone():
    """A test process has such children: worlds of other tests, which end long after this one."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as other:
        processes.run([sys.executable, "-S", "-c", ""], os.environ)

        assert other.poll() is None


def test_an_orphan_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr(processes, "ORPHANS_SECONDS", 0.2)
    never = "import os, time\nif not os.fork(): time.sleep(600)"
    with pytest.raises(TimeoutError, match="which the command left, still runs after") as raised:
        processes.run([sys.executable, "-S", "-c", never], os.environ)
    os.kill(int(str(raised.value).split()[1].rstrip(",")), signal.SIGKILL)
