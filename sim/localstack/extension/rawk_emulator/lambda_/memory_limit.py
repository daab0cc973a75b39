"""How much memory a function uses, as its MemorySize counts it: the memory of its processes alone.

A process that was forked from the fork server shares pages with it. Shared memory is counted proportionally (`Pss` in
/proc). Where there is no /proc, the memory is unknown and not limited.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

KIB = 1024


def resident_bytes(pid: int) -> int:
    """The resident memory of a process and its children, shared or not: quick to read, and never too low."""
    return sum(_field(each, "status", "VmRSS:") for each in _family(pid))


def own_bytes(pid: int) -> int:
    """The memory of a process and its children alone, and their proportional part of shared memory."""
    return sum(_field(each, "smaps_rollup", "Pss:") for each in _family(pid))


def shared_bytes(pid: int) -> int:
    """The memory of a process that is counted for other processes."""
    return max(0, _field(pid, "smaps_rollup", "Rss:") - _field(pid, "smaps_rollup", "Pss:"))


def peak_resident_bytes(pid: int) -> int:
    """The peak of a process's resident memory, shared or not."""
    return _field(pid, "status", "VmHWM:")


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):  # the process is gone, or there is no /proc
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            yield from _family(int(child))


def _field(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith(name)), 0)
