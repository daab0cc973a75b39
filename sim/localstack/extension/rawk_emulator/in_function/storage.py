"""The storage of a function: its code is read-only, its /tmp is its own, and holds no more than `EphemeralStorage`.

Where the process may have a file system of its own (file_system.py), the kernel refuses what is not /tmp. Elsewhere
Python does for the code: an audit hook sees each call that changes a file, before it happens. What is in /tmp in all is
limited by the hook everywhere; a process that the function starts has the limit for each of its files.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (LAMBDA_TASK_ROOT)
https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
"""

import errno
import os
import resource
import sys
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

STORAGE_VARIABLE = "SIM_FUNCTION_STORAGE_MB"
"""The size of /tmp; absent where nothing is refused."""

WRITABLE_VARIABLE = "SIM_LAMBDA_WRITABLE"
"""Folders that functions may write to beside /tmp, for tests that look at what a function did."""

HOME = "/home/sbx_user1051"
"""That of AWS's user: it is not there, and cannot be made."""

MIB = 1 << 20
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

PATHS_CHANGED_BY = {
    "os.chmod": 1,
    "os.chown": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.utime": 1,
}
"""Audit events of calls that change files, and how many of their first arguments are paths.
https://docs.python.org/3/library/audit_events.html
"""


def restrict(environment: MutableMapping[str, str]) -> None:
    """Refuse what AWS refuses, from now on, if the environment says how large /tmp is."""
    if STORAGE_VARIABLE in environment:
        restrict_process(environment)
        restrict_python(environment)


def restrict_process(environment: MutableMapping[str, str]) -> None:
    """What the kernel refuses this process and those that it starts. In a file system of its own `TMPDIR` is gone, as
    on AWS.
    """
    import file_system  # type: ignore[import-not-found]  # by path, not as a package

    writable = environment.pop(WRITABLE_VARIABLE, "").split(os.pathsep)
    own_tmp, code = environment["TMPDIR"], environment["LAMBDA_TASK_ROOT"]
    needed = [*environment.get("PYTHONPATH", "").split(os.pathsep), *sys.path, sys.prefix, sys.base_prefix]
    needed.append(environment.get("SIM_CLOCK_FILE", ""))
    if file_system.enter(own_tmp, code, filter(None, needed), filter(None, writable)):
        del environment["TMPDIR"]
        if environment.get("HOME") == own_tmp:
            environment["HOME"] = HOME
        tempfile.tempdir = None
    # A single file ends at the size of /tmp; Python raises EFBIG where AWS's full disk has ENOSPC.
    size, (_, hard) = _size_of_tmp(environment), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    del sys.modules["file_system"]  # the function may have a module of this name


def restrict_python(environment: MutableMapping[str, str]) -> None:
    """What Python refuses by itself: too much in /tmp in all; and changes of the code where the kernel does not."""
    tmp_bytes = _size_of_tmp(environment)
    del environment[STORAGE_VARIABLE]
    code = os.path.realpath(environment["LAMBDA_TASK_ROOT"]) + os.sep if "TMPDIR" in environment else None
    scratch = os.path.realpath(environment.get("TMPDIR", "/tmp")) + os.sep
    others = _mount_points_below(scratch)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            changed = [path] if flags & WRITES else []
        elif number := PATHS_CHANGED_BY.get(event):
            changed = list(arguments[:number])
        else:
            return
        for path in changed:
            if isinstance(path, str | bytes | os.PathLike):
                _refuse_change(os.fsdecode(path), event)

    def _refuse_change(path: str, event: str) -> None:
        where = os.path.realpath(path) + os.sep
        # Compiled modules may stay: without them each environment would compile the code again.
        if code and where.startswith(code) and "__pycache__" not in where:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        if event == "open" and where.startswith(scratch) and _bytes_below(scratch, others) > tmp_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    sys.addaudithook(refuse)


def _size_of_tmp(environment: Mapping[str, str]) -> int:
    return int(environment[STORAGE_VARIABLE]) * MIB


def _mount_points_below(folder: str) -> frozenset[str]:
    """The machine's folders in a /tmp of its own: they are not the function's."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not on Linux
        return frozenset()
    points = (line.split()[4].replace("\\040", " ") for line in lines)
    return frozenset(each for each in points if each.startswith(folder))


def _bytes_below(folder: str, without: frozenset[str]) -> int:
    total = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if os.path.join(parent, each) not in without]  # noqa: PTH118
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  # this runs at each open
            except OSError:  # removed meanwhile
                continue
    return total
