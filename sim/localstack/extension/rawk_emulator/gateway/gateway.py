"""LocalStack's door and its end.

Stock LocalStack listens on all interfaces whatever GATEWAY_LISTEN says, makes a TLS certificate at every start, and
takes its time to stop. Here: the given address only, plain HTTP, a lean server (http_server.py), and gone at once with
all its function processes.
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
    """Replace the listening and the stopping."""
    TwistedRuntimeServer.register = _listen
    ssl.create_ssl_cert = _no_certificate
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _leave)


def _listen(_: Any, gateway: Any, listen: list[Any], __: Any = None) -> None:
    site = TwistedGateway(gateway)

    def to_twisted(connection: socket.socket) -> None:
        reactor.callFromThread(_adopt, connection, site)

    for address in listen:
        listener = socket.create_server((address.host, address.port), backlog=BACKLOG)
        HttpServer(WsgiGateway(gateway), listener, to_twisted).start()


def _adopt(connection: socket.socket, site: Any) -> None:
    """Twisted takes a duplicate of the socket; ours is closed."""
    with connection:
        connection.setblocking(False)
        reactor.adoptStreamConnection(connection.fileno(), connection.family, site)


def _no_certificate(**_: object) -> tuple[str, str, str]:
    return "", "", ""


def _leave(_: int, __: FrameType | None) -> None:
    # No state outlives an emulator, so there is nothing to save; the guard kills the functions' processes.
    executor.guard().close()
    os._exit(0)
