"""Requests of viewers that are no actions: recordings, memories, files. Each is answered by the thread that asks."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from sim.demo.actions import upload
from sim.demo.broadcast import Broadcast
from sim.demo.conductor import Conductor
from sim.demo.errors import NotPossible
from sim.demo.http.app import Answer
from sim.demo.run import Run
from sim.recordings.formats import detect
from sim.scenario.clients import DEFAULT_TENANT, ApiRefused


class Requests:
    """What the control channel needs, for one conductor."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    @property
    def broadcast(self) -> Broadcast:
        return self._conductor.broadcast

    def act(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Raises NotPossible, BadArguments, LookupError for an unknown action."""
        return self._conductor.act(name, arguments)

    def record(self, audio: bytes, content_type: str, title: str | None) -> Answer:
        """Upload to the real API, and pass its answer on. Raises NotPossible."""
        run = self._conductor.present_run()
        with self._conductor.request_of(run):
            answer = upload(run, audio, "memo", title)
        if answer.status_code == httpx.codes.ACCEPTED:
            run.clicks.add("record", audio=audio, content_type=content_type, title=title)
        return Answer(answer.status_code, answer.content, answer.headers.get("content-type", "application/json"))

    def memory(self, memory_id: str) -> Answer:
        """A memory as the API gives it. Raises NotPossible."""
        run = self._conductor.present_run()
        try:
            answer = run.simulation.api.get_memory(memory_id, _tenant_of(memory_id, run))
        except httpx.TransportError as error:
            raise NotPossible("the API does not answer: try again") from error
        return Answer(answer.status_code, answer.content)

    def audio(self, memory_id: str) -> Answer:
        """The audio of a memory, by the link that the API gives. Raises NotPossible."""
        run = self._conductor.present_run()
        try:
            audio = run.simulation.api.download_audio(memory_id, _tenant_of(memory_id, run))
        except ApiRefused as error:
            return Answer(404, json.dumps({"error": str(error)}).encode())
        except httpx.TransportError as error:
            raise NotPossible("the API or S3 does not answer: try again") from error
        audio_format = detect(audio)
        return Answer(200, audio, audio_format.content_type if audio_format else "application/octet-stream")

    def scenario(self) -> str:
        """What was clicked, as a scenario. Raises NotPossible."""
        raise NotPossible("nothing can be saved yet")

    def share(self) -> str:
        """The run as one file of HTML. Raises NotPossible."""
        raise NotPossible("nothing can be shared yet")


def _tenant_of(memory_id: str, run: Run) -> str:
    accepted = run.simulation.api.accepted
    return next((each.tenant for each in accepted if each.memory_id == memory_id), DEFAULT_TENANT)
