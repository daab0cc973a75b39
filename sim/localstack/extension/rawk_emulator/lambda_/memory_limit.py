"""How much memory a function takes, as its MemorySize counts it: what its processes have for themselves.

A process that was forked from a fork server shares pages with it that it never pays for; what is shared is counted in
parts (`Pss` in the kernel's words). Where there is no /proc nothing is known, and nothing is limited.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

KIB = 1024


def resident_bytes(pid: int) -> int:
    """All that a process and its children have in memory, shared or not: quickly read, and never too little."""
    return sum(_field(each, "status", "VmRSS:") for each in _family(pid))


def own_bytes(pid: int) -> int:
    """What a process and its children have for themselves, and their parts of what they share."""
    return sum(_field(each, "smaps_rollup", "Pss:") for each in _family(pid))


def shared_bytes(pid: int) -> int:
    """What a process has in memory at others' cost."""
    return max(0, _field(pid, "smaps_rollup", "Rss:") - _field(pid, "smaps_rollup", "Pss:"))


def peak_resident_bytes(pid: int) -> int:
    """The most that a process ever had in memory, shared or not."""
    return _field(pid, "status", "VmHWM:")


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):  # it is gone, or there is no /proc
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            yield from _family(int(child))


def _field(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith(name)), 0)
