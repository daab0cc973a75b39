"""One request to the simulated API, from its head to the end of its answer, faults included."""

import asyncio
import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from h11 import RemoteProtocolError

from sim.openai_simulator import errors, large_answers
from sim.openai_simulator.clock import Clock
from sim.openai_simulator.endpoints import chat, completion, responses, transcription
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.faults.effects import Effect, Endpoint
from sim.openai_simulator.faults.rules import ActiveFault, Call
from sim.openai_simulator.http.json_body import read_object
from sim.openai_simulator.http.server import Answer, ClientDisconnected, Exchange
from sim.openai_simulator.journal import Record
from sim.openai_simulator.refusals import REFUSALS
from sim.openai_simulator.spaces import Space
from sim.openai_simulator.upstream import CHANGE_THE_DELIVERY, Upstream, tokens_in

HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
"""The page of a proxy in front of the API whose upstream is down."""


REACTION_REAL_SECONDS = 0.2
"""A client that has just received a piece is about to read it: it does not count as held, and time must not jump, until
it has.
"""

DISCONNECT_REAL_SECONDS = 5.0
"""How long a client whose own timeout has ended may take to disconnect on a busy machine, before it is disconnected."""

CONTENT_TYPES: Mapping[Endpoint, str] = {
    "transcription": "multipart/form-data",
    "chat": "application/json",
    "responses": "application/json",
}

LONGEST_REQUEST_ID = 512
"""Longer ones, and those that are not ASCII, fail: https://platform.openai.com/docs/api-reference/debugging-requests."""

REFUSES = "refuses_"
"""What the kinds of effects begin with that are refusals by their words."""

SIMULATOR_FAILED = 599
"""Not a status of OpenAI: a bug of the simulator must not look like one of OpenAI's errors."""


@dataclass
class RequestHandler:
    """The handling of one request."""

    exchange: Exchange
    space: Space
    clock: Clock
    endpoint: Endpoint
    path: str
    record: Record
    upstream: Upstream | None = None
    """Answers instead of the simulator what no fault answers."""

    async def run(self) -> None:
        """Answer, or fail as the faults demand; the record is closed in every case."""
        try:
            if (fault := self.space.rules.trigger_on_head(self._call(), self.clock.time())) is not None:
                self._note(fault)
                self._close("connection_closed")
                self.exchange.reset()
                return
            await self.exchange.read_body()
            await self._answer()
        except (ClientDisconnected, RemoteProtocolError):
            raise
        except Exception:
            self._close("simulator_failed", SIMULATOR_FAILED)
            raise
        finally:
            # Still open: the client is gone, or the simulator is shutting down.
            self._close("client_disconnected", self.record.status_code)

    async def _answer(self) -> None:
        work: transcription.TranscriptionRequest | Refusal | None = None
        if self.endpoint == "transcription":
            work = self._understand_audio()
        else:
            self.record.model = self._model_named()
        fault = self.space.rules.trigger_on_body(self._call(), self.clock.time())
        if fault is not None:
            self._note(fault)
        effect = fault.rule.effect if fault is not None else None
        if effect is not None and effect.kind in ("slow", "hang") and not await self._hold(effect.setting("seconds")):
            self._close("client_disconnected")
            self.exchange.reset()
            return
        if effect is not None and effect.kind == "hang":
            self._close("connection_closed")
            await self.exchange.close()
            return
        if self.upstream is not None and (effect is None or effect.kind in CHANGE_THE_DELIVERY):
            await self._deliver(await self._upstreams_answer(self.upstream, work), effect)
            return
        await self._deliver(self._content(work, effect), effect)

    async def _upstreams_answer(
        self, upstream: Upstream, work: transcription.TranscriptionRequest | Refusal | None
    ) -> Answer:
        """What the upstream answers, with what it bills."""
        try:
            self._check_key()
        except Refusal as refusal:
            return refusal.answer
        exchange = self.exchange
        answer = await upstream.ask(exchange.method, self.path, exchange.headers, exchange.body)
        self.record.request_id = answer.headers.get("x-request-id")
        if answer.status == 200 and isinstance(work, transcription.TranscriptionRequest):
            self.record.billed_seconds = transcription.seconds_of(work)
        elif answer.status == 200:
            self.record.billed_prompt_tokens, self.record.billed_completion_tokens = tokens_in(answer)
        return answer

    async def _hold(self, seconds: float) -> bool:
        """Hold the answer; False when that takes longer than the client's own timeout.

        Where time jumps, the client's timeout, a real one, is far from over at that moment, so the connection is closed
        when the client would have given up. Where time is real, the client's timeout ends at the same moment, and comes
        first.
        """
        patience_seconds, began = _patience_seconds(self.exchange.headers), time.monotonic()
        await self.exchange.unless_disconnected(self.clock.sleep(min(seconds, patience_seconds)))
        if seconds >= patience_seconds and time.monotonic() - began >= patience_seconds / 2:
            await self.exchange.unless_disconnected(asyncio.sleep(DISCONNECT_REAL_SECONDS))
        return seconds < patience_seconds

    def _content(self, work: transcription.TranscriptionRequest | Refusal | None, effect: Effect | None) -> Answer:
        """The answer, before a fault changes its delivery."""
        try:
            answer = self._replacement_with_advice(effect) if effect is not None else None
            if answer is None:
                self._check_key()
                self._check_headers()
                answer = self._regular_answer(work, effect)
        except Refusal as refusal:
            answer = refusal.answer
        return answer.with_headers(self._headers())

    def _replacement_with_advice(self, effect: Effect) -> Answer | None:
        answer, advice = self._replacement(effect), effect.settings.get("should_retry")
        if answer is None or advice is None:
            return answer
        return answer.with_headers({"x-should-retry": "true" if advice else "false"})

    def _replacement(self, effect: Effect) -> Answer | None:
        """The answer that a fault sends instead of the correct one."""
        model = self.record.model or "unknown"
        match effect.kind:
            case "status":
                return errors.server_error(int(effect.setting("status")))
            case "rate_limited":
                return errors.rate_limited(model, effect.settings["retry_after_seconds"])
            case "quota_exhausted":
                return errors.quota_exhausted()
            case "wrong_key":
                return errors.wrong_key(self._key(), audio=self.endpoint == "transcription")
            case "forbidden":
                return errors.forbidden()
            case "unknown_model":
                return errors.unknown_model(model)
            case "too_large":
                return errors.too_large(max(self.exchange.body_bytes, errors.LIMIT_BYTES + 1))
            case "bad_audio":
                return errors.bad_audio()
            case "redirect":
                return errors.redirect(int(effect.setting("status")), self._elsewhere())
            case "oversized":
                return large_answers.oversized(int(effect.setting("mebibytes")))
            case "bomb":
                return large_answers.bomb(int(effect.setting("mebibytes")))
            case "html":
                return Answer(int(effect.setting("status")), HTML, {"content-type": "text/html"})
            case "empty_object":
                return Answer.of_json(200, {})
            case kind if kind.startswith(REFUSES):
                return {f"{REFUSES}{why}": refusal for why, refusal in REFUSALS.items()}[kind].answer()
        return None

    def _elsewhere(self) -> str:
        """The URL of this endpoint under another name of the same host: who follows it is answered, and recorded."""
        host, _, port = self.exchange.headers.get("host", "").partition(":")
        other = "127.0.0.1" if host == "localhost" else "localhost"
        return f"http://{other}:{port}/{self.space.name}{self.path}"

    def _regular_answer(
        self, work: transcription.TranscriptionRequest | Refusal | None, effect: Effect | None
    ) -> Answer:
        """The correct answer.

        Raises:
            Refusal: the correct answer is an error.
        """
        if isinstance(work, Refusal):
            raise work
        if work is not None:
            silent = effect is not None and effect.kind == "empty_text"
            return transcription.answer(work, self.space.models, self.record, silent=silent)
        if self.endpoint == "models":
            return self._models()
        return self._completion(effect)

    def _completion(self, effect: Effect | None) -> Answer:
        body, now = self._json(), self.clock.time()
        if self.endpoint == "chat":
            asked = chat.understand(body, self.space.models)
            said = completion.complete(asked.prompt, effect)
            self._bill(said, asked.choices)
            return chat.answer(said, asked, self.record.number, now)
        request = responses.understand(body, self.space.models)
        said = completion.complete(request.prompt, effect)
        if not request.too_long:
            self._bill(said, 1)
        return responses.answer(said, request, self.record.number, now)

    def _bill(self, said: completion.Completion, choices: int) -> None:
        self.record.billed_prompt_tokens = said.prompt_tokens
        self.record.billed_completion_tokens = said.completion_tokens * choices

    def _models(self) -> Answer:
        name = self.path.removeprefix("/v1/models").strip("/")
        if not name:
            models = [model.as_json() for model in self.space.models.values()]
            return Answer.of_json(200, {"object": "list", "data": models})
        if name not in self.space.models:
            raise Refusal(errors.unknown_model(name))
        return Answer.of_json(200, self.space.models[name].as_json())

    async def _deliver(self, answer: Answer, effect: Effect | None) -> None:
        # The record is closed first: a client that has its answer finds the request in the journal.
        match effect.kind if effect is not None else None, effect:
            case "reset", _:
                self._close("connection_closed")
                self.exchange.reset()
            case "truncate", _:
                self._close("connection_closed", answer.status)
                await self.exchange.send_half(answer)
            case "drip", Effect() as drip:
                await self._drip(answer, drip)
            case _:
                self._close("answered", answer.status)
                await self.exchange.send(answer)

    async def _drip(self, answer: Answer, effect: Effect) -> None:
        self.record.status_code = answer.status
        pause_seconds, piece_bytes = effect.setting("pause_seconds"), int(effect.setting("piece_bytes"))
        patience_ends_at = self.clock.time() + _patience_seconds(self.exchange.headers)

        async def pause() -> None:
            await asyncio.sleep(REACTION_REAL_SECONDS)
            # A client that limits the whole call checks its clock when a byte arrives: one arrives at exactly that
            # moment.
            patience_left_seconds = patience_ends_at - self.clock.time()
            in_time = 0 < patience_left_seconds < pause_seconds
            await self.clock.sleep(patience_left_seconds if in_time else pause_seconds)

        await self.exchange.send_piecewise(answer, piece_bytes, pause)
        self._close("answered", answer.status)

    def _understand_audio(self) -> transcription.TranscriptionRequest | Refusal:
        content_type = self.exchange.headers.get("content-type", "")
        try:
            return transcription.understand(content_type, self.exchange.body, self.exchange.body_bytes, self.record)
        except Refusal as refusal:
            return refusal

    def _json(self) -> Mapping[str, Any]:
        """The request's JSON object.

        Raises:
            Refusal: 400 when the body is not one.
        """
        if self.endpoint in ("transcription", "models"):
            return {}
        body = read_object(self.exchange.body)
        if body is None:
            raise Refusal(errors.invalid("We could not parse the JSON body of your request."))
        return body

    def _model_named(self) -> str | None:
        try:
            name = self._json().get("model")
        except Refusal:
            return None
        return name if isinstance(name, str) else None

    def _check_key(self) -> None:
        if not self._key():
            raise Refusal(errors.no_key())
        if self._key() != self.space.api_key:
            raise Refusal(errors.wrong_key(self._key(), audio=self.endpoint == "transcription"))

    def _check_headers(self) -> None:
        given, accepted = self.exchange.headers.get("content-type", ""), CONTENT_TYPES.get(self.endpoint)
        if accepted is not None and given.partition(";")[0].strip().lower() != accepted:
            raise Refusal(errors.unsupported_content_type(given, accepted))
        if len(self.record.memory_id or "") > LONGEST_REQUEST_ID or not (self.record.memory_id or "").isascii():
            message = f"Invalid 'X-Client-Request-Id': expected at most {LONGEST_REQUEST_ID} ASCII characters."
            raise Refusal(errors.invalid(message, "invalid_value", "X-Client-Request-Id"))

    def _key(self) -> str:
        scheme, _, key = self.exchange.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    def _headers(self) -> dict[str, str]:
        """The headers of every answer of OpenAI."""
        now = self.clock.time()
        self.record.request_id = _request_id(self.space.name, self.record.number)
        return {
            "x-request-id": self.record.request_id,
            "openai-version": "2020-10-01",
            "openai-organization": "org-sim",
            "openai-processing-ms": str(max(1, round((now - self.record.time) * 1000))),
            **self.space.rate_headers(now),
        }

    def _call(self) -> Call:
        record = self.record
        return Call(self.endpoint, record.attempt, record.memory_id, record.audio_sha256)

    def _note(self, fault: ActiveFault) -> None:
        self.record.fault, self.record.effect = fault.rule.id, fault.rule.effect.kind

    def _close(self, outcome: str, status: int | None = None) -> None:
        """End the record, once."""
        if self.record.outcome == "open":
            self.record.outcome, self.record.status_code = outcome, status
            self.space.journal.close(self.record, self.clock.time())


def _request_id(space: str, number: int) -> str:
    return "req_" + hashlib.sha256(f"{space}/{number}".encode()).hexdigest()[:32]


def _patience_seconds(headers: Mapping[str, str]) -> float:
    """The read timeout of the SDK (X-Stainless-Read-Timeout); infinite when it sends none."""
    try:
        return float(headers["x-stainless-read-timeout"])
    except (KeyError, ValueError):
        return math.inf
