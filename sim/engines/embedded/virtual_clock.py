"""The virtual time of an embedded world: the emulator, the OpenAI simulator and the shared offset combined."""

from pathlib import Path

from sim.clock.clocks import Activity
from sim.localstack.control_client import EmulatorControl
from sim.localstack.extension.rawk_emulator.time.shared_offset import SharedOffset
from sim.openai_simulator.client import OpenAIServer


class WorldTime:
    """The world of a VirtualClock. A function that waits for a delayed answer of OpenAI is not busy: it waits for
    time."""

    def __init__(self, offset_file: Path, emulator: EmulatorControl, openai: OpenAIServer) -> None:
        self._offset = SharedOffset(offset_file)
        self._emulator = emulator
        self._openai = openai
        self._holds_answers = False

    @property
    def offset_seconds(self) -> float:
        """How far virtual time is ahead of the machine's clock."""
        return self._offset.read()

    def activity(self, patience_seconds: float = 0.0) -> Activity:
        emulator = self._emulator.world(patience_seconds)
        self._holds_answers = False
        busy = list(emulator["busy"])
        if busy or not emulator["at_function"]:  # no function has a call to OpenAI open
            return Activity(emulator["now"], tuple(busy), emulator["next_due"], (emulator["changes"],))
        openai = self._openai.clock()
        self._holds_answers = openai["held"] > 0
        running = emulator["at_function"] - openai["held"]
        if running > 0:
            busy.append(f"{running} functions run")
        if openai["next_due"] is not None and openai["next_due"] <= openai["now"]:
            busy.append("OpenAI is about to answer")
        due = [each for each in (emulator["next_due"], openai["next_due"]) if each is not None]
        return Activity(
            now=emulator["now"],
            busy=tuple(busy),
            next_due=min(due, default=None),
            version=(emulator["changes"], openai["changes"]),
        )

    def jump(self, seconds: float) -> None:
        self._offset.write(self._offset.read() + seconds)
        if self._holds_answers:
            self._openai.set_clock(self._offset.read())
        self._emulator.settle()
