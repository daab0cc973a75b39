"""The TCP proxy in front of one pipeline's database. It recognises which step the product is about to commit.

It identifies a step by the statements of its transaction. A fault can therefore act right before or right after the
commit of a named step, without any help of the product: kill its worker, or reset its connection.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sim.app import APP
from sim.platform.tcp_proxy import ResetConnection, StreamFilter, TcpProxy
from sim.postgres.wire_protocol import ClientStream, Message, query_message

Moment = Literal["before", "after"]

CONFLICT = "DO $$ BEGIN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END $$"


@dataclass(eq=False)
class Trap:
    """What happens at a commit. `act` runs while the proxy holds the connection there.

    Then the connection continues or is reset, or (before the commit) Postgres reports a serialization failure.
    """

    commit: str
    moment: Moment
    then: Literal["go_on", "reset", "conflict"] = "go_on"
    act: Callable[[], object] = lambda: None
    times: int | None = 1
    times_triggered: int = 0


class DatabaseProxy(TcpProxy):
    """A TCP proxy that reads what clients send to Postgres."""

    def __init__(self, target_host: str, target_port: int, listen: str = "127.0.0.1") -> None:
        self._traps: list[Trap] = []
        self._setting = threading.Lock()
        super().__init__(target_host, target_port, listen)

    def set_trap(self, trap: Trap) -> None:
        with self._setting:
            self._traps.append(trap)

    def remove_trap(self, trap: Trap) -> None:
        """Does nothing when the trap is not set."""
        with self._setting:
            self._traps = [each for each in self._traps if each is not trap]

    def trigger(self, commit: str, moment: Moment) -> Trap | None:
        """The trap that is set at this commit, if any, after it has acted."""
        with self._setting:
            fitting = (each for each in self._traps if (each.commit, each.moment) == (commit, moment))
            trap = next((each for each in fitting if each.times is None or each.times_triggered < each.times), None)
            if trap is None:
                return None
            trap.times_triggered += 1
        trap.act()
        return trap

    def _new_filter(self) -> StreamFilter:
        return _CommitFilter(self)


class _CommitFilter(StreamFilter):
    """One connection: the step of its transaction, and whether a commit has been sent and not answered yet."""

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
            trap = self._proxy.trigger(committed, "after")
            if trap is not None and trap.then == "reset":
                raise ResetConnection
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
        trap = self._proxy.trigger(about, "before")
        if trap is not None and trap.then == "reset":
            raise ResetConnection
        if trap is not None and trap.then == "conflict":
            return query_message(CONFLICT)
        self._committing = about
        return message.raw


def _about(statement: str) -> str | None:
    one_line = " ".join(statement.split())
    return next((commit for commit, pattern in APP.database.commits.items() if pattern.search(one_line)), None)
