"""Names of messages and of the workers that receive them. They depend on who sent a message, not on how many there are.

So a decision about "worker on B, receive 2" means the same in a plan without the recording A, or without a duplicate.
"""

from sim.explorer.runtime.ledger import Ledger
from sim.explorer.runtime.scheduler import Actor


class MessageNames:
    """The names of one world's messages."""

    __slots__ = ("_ledger", "_names", "_times")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names: dict[str, str] = {}
        self._times: dict[str, int] = {}

    def sent(self, message_id: str, memory_id: str, sender: Actor) -> None:
        """The actor sent the message; the client that made the memory needs no mention."""
        is_maker = self._ledger.maker_of.get(memory_id) == sender.name
        self.name(message_id, self._label(memory_id) + ("" if is_maker else f" from {sender.name}"))

    def moved(self, message_id: str, old_message_id: str) -> None:
        """A move task sent the message in place of the old one."""
        self.name(message_id, f"{self._names.get(old_message_id, '?')} moved")

    def name(self, message_id: str, name: str) -> None:
        times = self._times[name] = self._times.get(name, 0) + 1
        self._names[message_id] = name if times == 1 else f"{name} #{times}"

    def of(self, message_id: str) -> str:
        """`A`, `A from relay at minute 3`, `poison 4 moved`."""
        return self._names.get(message_id, "?")

    def _label(self, memory_id: str) -> str:
        return self._ledger.label(memory_id) if memory_id else "poison"
