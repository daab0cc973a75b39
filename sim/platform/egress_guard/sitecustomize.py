"""Refuses every connection that would leave this machine. A process is guarded with this folder on its PYTHONPATH.

An audit hook sees every connection and name lookup that Python makes, whichever library asks for it. It does not see
libraries that open sockets in C (libpq, libcurl); those get only addresses that the harness gave them.
The refused address is written to standard error and to the file that SIM_EGRESS_LOG names, if any.
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
    """The process tried to reach another machine."""


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
    """Write the refusal to standard error and to the log, and raise EgressRefused."""
    sentence = f"egress guard: process {os.getpid()} ({' '.join(sys.argv)[:200]}) tried to reach {host}"
    with contextlib.suppress(OSError):
        os.write(2, f"{sentence}\n".encode())
    if log := os.environ.get(LOG_VARIABLE):
        with contextlib.suppress(OSError), open(log, "a", encoding="utf-8") as file:  # noqa: PTH123  # starts early
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {sentence}\n")
    raise EgressRefused(f"{sentence}: this world must not leave the machine")


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Check one audit event of Python; events that are not about the network pass."""
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


if __name__ == "sitecustomize":  # an audit hook cannot be removed, so a plain import sets none
    sys.addaudithook(watch)
