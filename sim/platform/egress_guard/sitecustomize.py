"""Makes a call that would leave this machine fail loudly. Put this folder on a process's PYTHONPATH to guard it.

An audit hook sees every connection and name lookup Python makes, whichever library asks for it. Libraries that open
sockets in C (libpq, libcurl) are not seen: those only ever get addresses that the harness gave them.
The refused address goes to standard error and, when SIM_EGRESS_LOG names a file, there too.
"""

import contextlib
import ipaddress
import os
import socket
import sys
import time
from typing import Any

LOG_VARIABLE = "SIM_EGRESS_LOG"

LOCAL_NAMES = {"localhost", "localhost.localdomain", "ip6-localhost", ""}


class EgressRefused(ConnectionRefusedError):
    """The process wanted to leave the machine."""


def is_local(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    if host in LOCAL_NAMES or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return host == socket.gethostname()
    return address.is_loopback or address.is_unspecified


def refuse(host: str) -> None:
    """Say it, write it down, and raise EgressRefused."""
    sentence = f"egress guard: process {os.getpid()} ({' '.join(sys.argv)[:200]}) tried to reach {host}"
    with contextlib.suppress(OSError):
        os.write(2, f"{sentence}\n".encode())
    if log := os.environ.get(LOG_VARIABLE):
        with contextlib.suppress(OSError), open(log, "a", encoding="utf-8") as file:  # noqa: PTH123  # starts early
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {sentence}\n")
    raise EgressRefused(f"{sentence}: this world must not leave the machine")


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's audit events of the network, checked one by one."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not is_local(str(address[0])):
            refuse(f"{address[0]}:{address[1]}")
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if isinstance(host, str) and not is_local(host):
            refuse(host)


if __name__ == "sitecustomize":  # a hook can never be taken out again, so not where somebody only imports this
    sys.addaudithook(watch)
