"""The file system of a function: everything is read-only but `/tmp`, which is the environment's own.

The process enters a mount namespace of its own, so the kernel refuses, also what a program does that the function
starts. Linux lets the superuser do this, and other users where user namespaces are permitted; elsewhere `enter` changes
nothing. https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html ("read-only", "/tmp")
"""

import ctypes
import os
import sys
from collections.abc import Iterable

TMP = "/tmp"  # that of the function

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
MS_BIND, MS_REC, MS_SLAVE = 0x1000, 0x4000, 0x8_0000
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1
SYS_MOUNT_SETATTR = 442  # the same number on every architecture


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def enter(own_tmp: str, code: str, needed: Iterable[str] = (), writable: Iterable[str] = ()) -> bool:
    """Make the file system read-only and `own_tmp` the process's /tmp, for good. False where that is not permitted.

    What the process needs keeps its path: a folder below the machine's /tmp that holds some of it is in the new /tmp.
    The code is read-only also in a folder that is writable.
    """
    if sys.platform != "linux":
        return False
    code, *writable = (os.path.realpath(each) for each in (code, *writable))
    kept = _entries_of_tmp({code, *needed, *writable})
    libc = ctypes.CDLL(None, use_errno=True)
    if not _enter_namespace(libc):
        return False
    for entry in kept:
        os.makedirs(os.path.join(own_tmp, entry), exist_ok=True)  # noqa: PTH103, PTH118  # each start, so quick
    if not _set_attributes(libc, "/", AT_RECURSIVE, attr_set=MOUNT_ATTR_RDONLY, propagation=MS_SLAVE):
        return False
    for entry in kept:
        _bind(libc, f"{TMP}/{entry}", os.path.join(own_tmp, entry))  # noqa: PTH118
    _bind(libc, own_tmp, TMP)
    for path in (*writable, code):
        _bind(libc, path, path)
    changes = [(path, {"attr_clr": MOUNT_ATTR_RDONLY}) for path in (TMP, *writable)]
    for path, change in (*changes, (code, {"attr_set": MOUNT_ATTR_RDONLY})):
        if not _set_attributes(libc, path, 0, **change):
            raise _error(path)
    return True


def _entries_of_tmp(paths: Iterable[str]) -> set[str]:
    """The first name below the machine's /tmp of each path that is there."""
    top = os.path.realpath(TMP) + os.sep
    real = {os.path.realpath(path) for path in paths}
    return {path.removeprefix(top).partition(os.sep)[0] for path in real if path.startswith(top)}


def _enter_namespace(libc: ctypes.CDLL) -> bool:
    if libc.unshare(CLONE_NEWNS) == 0:
        return True
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
        return False
    try:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(text)
    except OSError:
        return False
    return True


def _bind(libc: ctypes.CDLL, source: str, target: str) -> None:
    if libc.mount(os.fsencode(source), os.fsencode(target), None, MS_BIND | MS_REC, None) != 0:
        raise _error(target)


def _set_attributes(libc: ctypes.CDLL, path: str, flags: int, **attributes: int) -> bool:
    changes = _MountAttributes(**attributes)
    size = ctypes.c_size_t(ctypes.sizeof(changes))
    done = libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), flags, ctypes.byref(changes), size)
    return bool(done == 0)


def _error(path: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path)
