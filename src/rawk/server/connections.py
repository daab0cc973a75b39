"""All connections of one server: who may connect, who has waited too long, and one log line about it."""

import asyncio
from collections import Counter
from typing import Protocol

from rawk.log import log
from rawk.server.limits import Limits

CHECK_SECONDS = 0.5


class Peer(Protocol):
    """A connection, as this module sees it."""

    @property
    def address(self) -> str: ...

    @property
    def waits_for_a_head_since(self) -> float | None:
        """None while a request is being answered."""

    def reset(self) -> None: ...

    def check(self, now: float) -> str | None:
        """End the connection if one of its times is over; gives why."""


class Connections:
    """Used by one event loop, in its thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._admitted: dict[Peer, None] = {}  # the order is that of their starts
        self._refused: set[Peer] = set()
        self._by_address: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self._logged_at = float("-inf")
        self._checking = False

    def __len__(self) -> int:
        return len(self._admitted)

    def admit(self, peer: Peer) -> int | None:
        """None, or the status of the refusal: 429 when its address has too many connections, 503 when all are taken.

        A connection whose client has sent no request is reset to make room: such connections cost their client
        nothing, so a limit alone would let one client keep all others away.
        """
        self._check_regularly()
        if self._by_address[peer.address] >= self._limits.connections_per_address and not self._reset_an_idle_one(
            peer.address
        ):
            return self._refuse(peer, 429)
        if len(self._admitted) >= self._limits.connections and not self._reset_an_idle_one(None):
            return self._refuse(peer, 503)
        self._admitted[peer] = None
        self._by_address[peer.address] += 1
        return None

    def remove(self, peer: Peer) -> None:
        self._refused.discard(peer)
        if peer in self._admitted:
            del self._admitted[peer]
            self._by_address[peer.address] -= 1
            if not self._by_address[peer.address]:
                del self._by_address[peer.address]

    def count(self, why: str) -> None:
        """A connection was ended by us; `why` is a field of the log line."""
        self._ended[why] += 1

    def _refuse(self, peer: Peer, status: int) -> int:
        self.count("refused")
        if len(self._refused) >= self._limits.refusals:
            peer.reset()
        else:
            self._refused.add(peer)
        return status

    def _reset_an_idle_one(self, address: str | None) -> bool:
        """Reset the connection that has waited longest for a request, of this address or of all."""
        waiting = (
            (since, number, peer)
            for number, peer in enumerate(self._admitted)
            if (address is None or peer.address == address) and (since := peer.waits_for_a_head_since) is not None
        )
        longest = min(waiting, default=None)
        if longest is None:
            return False
        self.count("made_room")
        peer = longest[2]
        self.remove(peer)
        peer.reset()
        return True

    def _check_regularly(self) -> None:
        if not self._checking:
            self._checking = True
            asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check)

    def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        for peer in [*self._admitted, *self._refused]:
            try:
                why = peer.check(now)
            except OSError:  # its client has reset it in this moment; the others have to be checked all the same
                peer.reset()
                continue
            if why is not None:
                self.count(why)
        if self._ended and now - self._logged_at >= self._limits.log_seconds:
            log.warning("connections_ended", **self._ended, open=len(self._admitted))
            self._ended.clear()
            self._logged_at = now
        self._checking = False
        if self._admitted or self._refused or self._ended:
            self._check_regularly()
