"""The proxy in front of one pipeline's database. It knows what the product is about to commit, and can stop it there.

The product's steps are told by the statements that it sends. So something can happen right before or right after the
commit of a named step, without the product knowing: its worker is killed, its connection is cut.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sim.app import APP
from sim.platform.tcp_proxy import CutShort, Passage, TcpProxy
from sim.postgres.wire_protocol import ClientStream, Message, query_message

Moment = Literal["before", "after"]

CONFLICT = "DO $$ BEGIN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END $$"


@dataclass(eq=False)
class Trap:
    """Something that happens at a commit. `act` runs while the connection is stopped there.

    Afterwards it goes on, or is reset, or (before the commit) Postgres refuses it as a serialization failure.
    """

    commit: str
    moment: Moment
    then: Literal["go_on", "reset", "conflict"] = "go_on"
    act: Callable[[], object] = lambda: None
    times: int | None = 1
    times_triggered: int = 0


class DatabaseProxy(TcpProxy):
    """A proxy that reads along."""

    def __init__(self, target_host: str, target_port: int, listen: str = "127.0.0.1") -> None:
        self._traps: list[Trap] = []
        self._setting = threading.Lock()
        super().__init__(target_host, target_port, listen)

    def set_trap(self, trap: Trap) -> None:
        with self._setting:
            self._traps.append(trap)

    def take_trap(self, trap: Trap) -> None:
        """Taking away what is not there is fine."""
        with self._setting:
            self._traps = [each for each in self._traps if each is not trap]

    def spring(self, commit: str, moment: Moment) -> Trap | None:
        """The trap that this commit runs into, if any; it has acted when this returns."""
        with self._setting:
            fitting = (each for each in self._traps if (each.commit, each.moment) == (commit, moment))
            trap = next((each for each in fitting if each.times is None or each.times_triggered < each.times), None)
            if trap is None:
                return None
            trap.times_triggered += 1
        trap.act()
        return trap

    def _passage(self) -> Passage:
        return _ReadAlong(self)


class _ReadAlong(Passage):
    """One connection: what its transaction is about, and whether its commit was sent and not yet answered."""

    def __init__(self, proxy: DatabaseProxy) -> None:
        self._proxy = proxy
        self._stream = ClientStream()
        self._about: str | None = None
        self._committing: str | None = None

    def from_client(self, data: bytes) -> bytes:
        return b"".join([self._treat(message) for message in self._stream.feed(data)])

    def from_server(self, data: bytes) -> bytes:
        committed, self._committing = self._committing, None
        if committed is not None:
            trap = self._proxy.spring(committed, "after")
            if trap is not None and trap.then == "reset":
                raise CutShort
        return data

    def _treat(self, message: Message) -> bytes:
        statement = message.statement
        if statement is None:
            return message.raw
        if statement.strip().upper() in ("COMMIT", "ROLLBACK"):
            about, self._about = self._about, None
            return self._commit(about, message) if about and statement.strip().upper() == "COMMIT" else message.raw
        self._about = _about(statement) or self._about
        return message.raw

    def _commit(self, about: str, message: Message) -> bytes:
        trap = self._proxy.spring(about, "before")
        if trap is not None and trap.then == "reset":
            raise CutShort
        if trap is not None and trap.then == "conflict":
            return query_message(CONFLICT)
        self._committing = about
        return message.raw


def _about(statement: str) -> str | None:
    one_line = " ".join(statement.split())
    return next((commit for commit, pattern in APP.database.commits.items() if pattern.search(one_line)), None)
