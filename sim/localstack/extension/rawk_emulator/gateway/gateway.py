"""How LocalStack listens and how it stops.

Stock LocalStack listens on all interfaces whatever GATEWAY_LISTEN says, makes a TLS certificate at every start, and
stops slowly. Here it listens on the given address only, in plain HTTP, with a lean server (http_server.py), and stops
at once with all its function processes.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os
import signal
import socket
from types import FrameType
from typing import Any

from localstack.runtime.server.twisted import TwistedRuntimeServer
from localstack.utils import ssl
from rolo.gateway.wsgi import WsgiGateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor

from ..lambda_ import executor
from .http_server import HttpServer

BACKLOG = 512


def install() -> None:
    """Replace listening and stopping."""
    TwistedRuntimeServer.register = _listen
    ssl.create_ssl_cert = _no_certificate
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _exit)


def _listen(_: Any, gateway: Any, listen: list[Any], __: Any = None) -> None:
    site = TwistedGateway(gateway)

    def to_twisted(connection: socket.socket) -> None:
        reactor.callFromThread(_adopt, connection, site)

    for address in listen:
        listener = socket.create_server((address.host, address.port), backlog=BACKLOG)
        HttpServer(WsgiGateway(gateway), listener, to_twisted).start()


def _adopt(connection: socket.socket, site: Any) -> None:
    """Twisted uses a duplicate of the socket; ours is closed."""
    with connection:
        connection.setblocking(False)
        reactor.adoptStreamConnection(connection.fileno(), connection.family, site)


def _no_certificate(**_: object) -> tuple[str, str, str]:
    return "", "", ""


def _exit(_: int, __: FrameType | None) -> None:
    # No state outlives an emulator, so nothing is saved; the reaper kills the functions' processes.
    executor.process_reaper().close()
    os._exit(0)
