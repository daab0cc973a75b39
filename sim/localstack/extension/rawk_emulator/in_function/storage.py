"""The storage of a function: the folder of its code is read-only, and its /tmp holds no more than `EphemeralStorage`.

The function is a process of the user, who may write to both, so Python itself refuses: an audit hook sees each call
that changes a file, before it happens. A process that the function starts is not refused.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (LAMBDA_TASK_ROOT)
https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
"""

import errno
import os
import resource
import sys
from typing import Any

STORAGE_VARIABLE = "SIM_FUNCTION_STORAGE_MB"
"""The size of /tmp; absent where nothing is refused."""

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


def restrict(task_root: str, tmp: str, tmp_bytes: int) -> None:
    """Refuse changes below the task root, and more than so many bytes below `tmp`, from now on."""
    code, scratch = (os.path.realpath(each) + os.sep for each in (task_root, tmp))
    # A single file ends at the same size; Python raises EFBIG where AWS's full disk has ENOSPC.
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (tmp_bytes, hard))

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
        if where.startswith(code) and "__pycache__" not in where:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        if event == "open" and where.startswith(scratch) and _bytes_below(scratch) > tmp_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    sys.addaudithook(refuse)


def _bytes_below(folder: str) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  # this runs at each open
            except OSError:  # removed meanwhile
                continue
    return total
