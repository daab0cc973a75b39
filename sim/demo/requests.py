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
from sim.demo.scenarios.saving import scenario_of
from sim.demo.sharing import PageIncomplete, replay_of
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

    def record(self, audio: bytes, title: str | None) -> Answer:
        """Upload to the real API, and pass its answer on. Raises NotPossible."""
        run = self._conductor.present_run()
        with self._conductor.request_of(run):
            answer = upload(run, audio, "memo", title)
        accepted = answer.json()["id"] if answer.status_code == httpx.codes.ACCEPTED else None
        if accepted is not None:
            self._conductor.name_recordings(run, {accepted: title or "Recording"})
        run.clicks.add("record", audio=audio, accepted=accepted, status=answer.status_code)
        return Answer(answer.status_code, answer.content, answer.headers.get("content-type", "application/json"))

    def memory(self, memory_id: str) -> Answer:
        """A memory as the API gives it; null where it has none of this id. Raises NotPossible."""
        run = self._conductor.present_run()
        try:
            answer = run.simulation.api.get_memory(memory_id, _tenant_of(memory_id, run))
        except httpx.TransportError as error:
            raise NotPossible("the API does not answer: try again") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return Answer(200, b"null")  # an error of every viewer's browser would say nothing more
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
        run = self._conductor.present_run()
        given = self._conductor.given_scenario
        if given is not None:
            return given
        return scenario_of(run.clicks.clicks, run.pacing.now - run.start, self._conductor.sabotage_title)

    def share(self) -> str:
        """The run as one file of HTML. Raises NotPossible."""
        run = self._conductor.present_run()
        recording = self._conductor.call(lambda: self._conductor.recording_of(run))
        try:
            return replay_of(recording)
        except PageIncomplete as error:
            raise NotPossible(str(error)) from error


def _tenant_of(memory_id: str, run: Run) -> str:
    accepted = run.simulation.api.accepted
    return next((each.tenant for each in accepted if each.memory_id == memory_id), DEFAULT_TENANT)
