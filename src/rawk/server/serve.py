"""`rawk serve`: the API behind uvicorn, the same in an image, on Lambda and in the simulator."""

import logging

import uvicorn

from rawk.server.connections import Connections
from rawk.server.limits import Limits
from rawk.server.protocol import BoundedConnection

APPLICATION = "rawk.asgi:create_app"
BACKLOG = 128
"""Connections that wait to be accepted. asyncio accepts as many at a time, before any of them is refused."""


def serve(
    application: str = APPLICATION, *, host: str, port: int, fd: int | None = None, limits: Limits | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then exit. Raises what the application's factory raises."""
    limits = limits or Limits()
    logging.getLogger("uvicorn.error").addFilter(_is_not_counted)
    uvicorn.run(
        application,
        factory=True,
        host=host,
        port=port,
        fd=fd,
        http=_protocol(limits),
        ws="none",
        access_log=False,
        backlog=BACKLOG,
        server_header=False,
        log_config=None,
        log_level="info",
        timeout_graceful_shutdown=limits.grace_seconds,
        timeout_keep_alive=limits.idle_seconds,
    )


def _protocol(limits: Limits) -> type[BoundedConnection]:
    class Connection(BoundedConnection):
        pass

    Connection.limits, Connection.all = limits, Connections(limits)
    return Connection


COUNTED = ("Invalid HTTP request received.", "Unsupported upgrade request.", "No supported WebSocket library detected")


def _is_not_counted(record: logging.LogRecord) -> bool:
    """uvicorn writes a line for each of these; we count malformed requests, and answer an upgrade as any request."""
    return not str(record.msg).startswith(COUNTED)
