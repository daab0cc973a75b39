"""Writes what was clicked in a run as a scenario that `tox -e scenarios` runs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from sim import recordings
from sim.clock.durations import spoken
from sim.demo.click_log import Click
from sim.demo.switches import find, is_momentary

SHORTEST_GAP_SECONDS = 0.05
LONGEST_QUOTED_BYTES = 60
STAND_IN = "dentist-reminder"
"""The recording that stands for one that no sample is."""

HEAD = '''\
"""Saved from the live demo{about}.

Claim: After what was done in the demo, no recording is lost, replaced or paid for twice.
"""

from contextlib import ExitStack

from sim import {imports}

pytestmark = needs.virtual_time


def test_from_the_demo(sim: Simulation) -> None:
    with ExitStack() as until_the_end:
'''
INDENT = " " * 8

type Lines = Iterator[str]


def scenario_of(clicks: Sequence[Click], ended_at: float, sabotage: str | None = None) -> str:
    """The text of the file. `ended_at`: virtual seconds since the run's start, as the clicks' own times."""
    lines = list(_Writer().lines(clicks, ended_at)) or ["pass  # nothing was done"]
    code = "\n".join(lines)
    used = [name for name in ("faults", "recordings", "seconds") if re.search(rf"\b{name}\b[.(]", code)]
    imports = ", ".join(["Simulation", *sorted([*used, "needs"])])
    about = f", where the product had the bug “{sabotage}”" if sabotage else ""
    return HEAD.format(about=about, imports=imports) + "".join(f"{INDENT}{each}\n" if each else "\n" for each in lines)


class _Writer:
    """Writes one click after another; it remembers the names that the code has."""

    def __init__(self) -> None:
        self._memories: dict[str, str] = {}
        """Id of a memory in the demo → how the scenario names it."""
        self._batches = 0
        self._open: dict[str, str] = {}
        """A fault that is on → the variable that ends it."""

    def lines(self, clicks: Sequence[Click], ended_at: float) -> Lines:
        at = 0.0
        for click in clicks:
            written = list(_WRITERS[click.action](self, click.arguments)) if click.action in _WRITERS else []
            if not written:
                continue
            yield from _wait(click.at - at)
            at = max(at, click.at)
            yield from written
        yield from _wait(ended_at - at)

    def sample(self, about: Mapping[str, Any]) -> Lines:
        for name, size_bytes, _ in about["samples"]:
            if size_bytes is not None:
                yield f'sim.api.upload(recordings.enlarged(recordings.by_name("{name}"), {size_bytes}))'
        usual = sorted((name, memory_id) for name, size_bytes, memory_id in about["samples"] if size_bytes is None)
        for name, pairs in groupby(usual, key=lambda each: each[0]):
            yield from self._record(f'recordings.by_name("{name}")', [memory_id for _, memory_id in pairs])
        if about["refused"]:
            yield f"# The API did not accept {about['refused']} more."

    def record(self, about: Mapping[str, Any]) -> Lines:
        """An upload by microphone or from a file."""
        audio, accepted = about["audio"], about.get("accepted")
        known = recordings.recognise(audio)
        if accepted and known is not None:
            yield from self._record(f'recordings.by_name("{known.recording.name}")', [accepted])
        elif accepted:
            yield f"# In the demo this was another recording, of {len(audio):,} bytes; a sample stands for it."
            yield from self._record(f'recordings.by_name("{STAND_IN}")', [accepted])
        elif len(audio) <= LONGEST_QUOTED_BYTES:
            yield f"sim.api.upload({audio!r})  # refused: {about['status']}"
        else:
            beginning = audio[:LONGEST_QUOTED_BYTES]
            filling = f" + bytes({len(audio) - len(beginning)})"
            yield f"sim.api.upload({beginning!r}{filling})  # refused: {about['status']}"

    def _record(self, recording: str, accepted: Sequence[str]) -> Lines:
        self._batches += 1
        name = f"memories_{self._batches}"
        for number, memory_id in enumerate(accepted):
            self._memories[memory_id] = f"{name}.ids[{number}]"
        yield f"{name} = sim.api.record({len(accepted)}, only={recording})"

    def delete_memory(self, about: Mapping[str, Any]) -> Lines:
        if about["memory"] in self._memories:
            yield f"sim.api.delete({self._memories[about['memory']]})"

    def fault_on(self, about: Mapping[str, Any]) -> Lines:
        switch, options = find(about["fault"]), about["options"]
        active = f"sim.fault({switch.source(options)}, allow_untriggered=True)"
        if is_momentary(switch.fault(options)):
            yield f"with {active}:"
            yield "    pass"
            return
        name = switch.id.replace(".", "_")
        self._open[switch.id] = name
        yield f"{name} = until_the_end.enter_context(ExitStack())"
        yield f"{name}.enter_context({active})"

    def fault_off(self, about: Mapping[str, Any]) -> Lines:
        if name := self._open.pop(about["fault"], None):
            yield f"{name}.close()"

    def kill_worker(self, _: Mapping[str, Any]) -> Lines:
        yield from self.fault_on({"fault": "worker.killed", "options": {}})

    def kill_api(self, _: Mapping[str, Any]) -> Lines:
        yield from self.fault_on({"fault": "api.killed", "options": {}})

    def start_api(self, _: Mapping[str, Any]) -> Lines:
        yield from self.fault_off({"fault": "api.killed"})

    def restart_postgres(self, _: Mapping[str, Any]) -> Lines:
        yield from self.fault_on({"fault": "database.restarted", "options": {}})

    def poison(self, about: Mapping[str, Any]) -> Lines:
        yield f'sim.queue.send_poison("{about["kind"]}")'

    def redrive(self, about: Mapping[str, Any]) -> Lines:
        if not about.get("one"):
            yield f'sim.operator.redrive("{about["only"]}")' if about["only"] else "sim.operator.redrive()"
        elif about["memory"] in self._memories:
            yield f"sim.operator.redrive_memory({self._memories[about['memory']]})"
        else:
            yield "# In the demo this was one message that is no job of this scenario; here it is all that are no jobs."
            yield 'sim.operator.redrive("poison")'

    def purge_poison(self, _: Mapping[str, Any]) -> Lines:
        yield 'sim.operator.purge("poison")'

    def check(self, _: Mapping[str, Any]) -> Lines:
        yield "# Here the invariants were checked; after a scenario they are checked by themselves."


def _wait(seconds: float) -> Lines:
    if seconds >= SHORTEST_GAP_SECONDS:
        rounded = round(seconds, 1)
        yield ""
        in_words = f"  # {spoken(timedelta(seconds=rounded))}" if rounded >= 120 else ""
        yield f"sim.run_for(seconds({rounded:g})){in_words}"


_WRITERS: Mapping[str, Callable[[_Writer, Mapping[str, Any]], Lines]] = {
    name: getattr(_Writer, name)
    for name in (
        *("sample", "record", "delete_memory", "fault_on", "fault_off", "kill_worker", "kill_api", "start_api"),
        *("restart_postgres", "poison", "redrive", "purge_poison", "check"),
    )
}
