"""The whole simulator: control API and spaces at one port, from start to shutdown."""

import asyncio
import logging
from pathlib import Path

from h11 import RemoteProtocolError

from sim.openai_simulator import control, errors
from sim.openai_simulator.clock import OffsetClock
from sim.openai_simulator.control import Control
from sim.openai_simulator.http.server import Answer, ClientDisconnected, Exchange, serve
from sim.openai_simulator.journal import Sink
from sim.openai_simulator.request_handler import SIMULATOR_FAILED, RequestHandler
from sim.openai_simulator.routes import endpoint_of, is_openais
from sim.openai_simulator.spaces import Space, Spaces
from sim.openai_simulator.upstream import Upstream

HOST = "127.0.0.1"
log = logging.getLogger(__name__)


class OpenAIServer:
    """Listens until it is stopped, on a loopback port by default."""

    def __init__(
        self,
        journal_path: Path | None = None,
        clock: OffsetClock | None = None,
        key: str | None = None,
        upstream: Upstream | None = None,
        token: str | None = None,
    ) -> None:
        """`token` is what the control API wants of programs on this machine (`control.py`). With an upstream, that one
        answers.

        `key` is required by the control API instead, and is every space's first key; None where only this machine
        reaches the port.
        """
        self._upstream = upstream
        self._clock = clock or OffsetClock()
        self._sink = Sink(journal_path) if journal_path is not None else None
        self._spaces = Spaces(self._sink, key)
        self._control = Control(self._spaces, self._clock, key, token)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0, host: str = HOST) -> str:
        """Start listening; returns the URL, with the actual port when port 0 was requested."""
        self._server, self._connections = await serve(self._handle, host, port)
        return f"http://{host}:{self._server.sockets[0].getsockname()[1]}"

    def open_space(self, name: str) -> Space:
        """The space of that name, created at its first use. Raises InvalidRequest."""
        return self._spaces.open(name)

    async def stop(self) -> None:
        """End every held answer, and everything else."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._sink is not None:
            self._sink.close()

    async def _handle(self, exchange: Exchange) -> None:
        if exchange.path.startswith(control.PREFIX + "/"):
            await self._control.handle(exchange)
            return
        try:
            await self._handle_api(exchange)
        except (ClientDisconnected, RemoteProtocolError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("the simulator failed on %s %s", exchange.method, exchange.path)
            problem = {"error": "the OpenAI simulator itself failed; see its log"}
            await exchange.send(Answer.of_json(SIMULATOR_FAILED, problem))

    async def _handle_api(self, exchange: Exchange) -> None:
        name, _, rest = exchange.path.strip("/").partition("/")
        space = self._spaces.for_request(name, exchange.headers.get("authorization", ""))
        endpoint = endpoint_of(exchange.method, f"/{rest}")
        if space is None or endpoint is None:
            await exchange.read_body()
            known = space is not None and is_openais(f"/{rest}")
            refusal = errors.not_offered(exchange.method, f"/{rest}") if known else None
            await exchange.send(refusal or errors.unknown_url(exchange.method, exchange.path))
            return
        memory_id = exchange.headers.get("x-client-request-id")
        correlation_id = exchange.headers.get("x-correlation-id")
        now, retries = self._clock.time(), _whole(exchange.headers.get("x-stainless-retry-count"))
        record = space.journal.open(now, name, endpoint, memory_id, correlation_id, retries)
        await RequestHandler(exchange, space, self._clock, endpoint, f"/{rest}", record, self._upstream).run()


def _whole(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else 0
