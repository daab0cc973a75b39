"""What the harness needs of the machine that it runs on: Linux, cores and memory."""

import os
import sys
from pathlib import Path

import psutil

WORLD_MEMORY_BYTES = 700 * 1024**2
"""What one world takes at most: LocalStack, Postgres, the OpenAI simulator, one API process and its functions."""

CGROUP = Path("/sys/fs/cgroup")


class UnsupportedPlatform(Exception):
    """The harness does not run natively on this operating system; the text is one sentence that says what to do."""


def require_supported_platform(platform: str = sys.platform) -> None:
    """Raises UnsupportedPlatform unless `platform` (a value of `sys.platform`) is Linux."""
    if platform != "linux":
        name = {"darwin": "macOS", "win32": "Windows"}.get(platform, platform)
        raise UnsupportedPlatform(
            f"The simulation runs natively on Linux only, and this is {name}: "
            "open the repository in its dev container (.devcontainer/), or use the `docker run` line of README.md."
        )


def worlds_for_this_machine(cores: int, free_memory_bytes: int) -> int:
    """How many worlds run side by side: one for each core, at most what the memory allows, at least one."""
    return max(1, min(cores, free_memory_bytes // WORLD_MEMORY_BYTES))


def usable_cores() -> int:
    """How many cores this process may use."""
    return os.process_cpu_count() or 1


def free_memory_bytes(cgroup: Path = CGROUP) -> int:
    """Memory that new processes can use without swapping; the limit of a container (cgroup version 2) counts."""
    available = int(psutil.virtual_memory().available)
    try:
        limit = (cgroup / "memory.max").read_text(encoding="ascii").strip()
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
        return available if limit == "max" else min(available, max(0, int(limit) - used))
    except (OSError, ValueError):  # no such limit, or cgroup version 1
        return available
