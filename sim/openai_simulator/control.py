"""The control API under `/_sim`: spaces, their faults and journals, and the clock.

    GET    /_sim/health
    GET    /_sim/clock                        PUT {"offset_seconds": N}
    GET    /_sim/spaces
    PUT    /_sim/spaces/<space>               optional {"api_key": …, "models": […]}
    DELETE /_sim/spaces/<space>
    POST   /_sim/spaces/<space>/reset
    GET    /_sim/spaces/<space>/journal       optional ?after=<number>
    GET    /_sim/spaces/<space>/faults
    PUT    /_sim/spaces/<space>/faults/<id>   {"match": {…}, "effect": {…}}
    GET    /_sim/spaces/<space>/faults/<id>
    DELETE /_sim/spaces/<space>/faults/<id>   answers with the last counts

A field that is unknown or invalid is a 400 with one sentence. A web page is answered 403 (`local_callers`).
Where the simulator has a key, every request except
`health` needs `Authorization: Bearer KEY`; without it the answer is 401.
"""

import hmac
import json
import math
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from sim.localstack.extension.rawk_emulator.fault_rules import fields
from sim.localstack.extension.rawk_emulator.fault_rules.fields import InvalidRequest
from sim.localstack.extension.rawk_emulator.gateway import local_callers
from sim.openai_simulator.clock import OffsetClock
from sim.openai_simulator.endpoints.models import MODELS, Model
from sim.openai_simulator.faults.rules import as_json, parse_rule
from sim.openai_simulator.http.server import Answer, Exchange
from sim.openai_simulator.spaces import Space, Spaces

PREFIX = "/_sim"


class Control:
    """Answers control requests."""

    def __init__(self, spaces: Spaces, clock: OffsetClock, key: str | None = None, token: str | None = None) -> None:
        """Without a key only programs on this machine are served (`local_callers`), with a token those that send it."""
        self._spaces, self._clock, self._key, self._token = spaces, clock, key, token

    async def handle(self, exchange: Exchange) -> None:
        await exchange.read_body()
        try:
            answer = self._refusal(exchange) or self._route(exchange)
        except InvalidRequest as error:
            answer = _problem(400, str(error))
        await exchange.send(answer)

    def _refusal(self, exchange: Exchange) -> Answer | None:
        if exchange.path == f"{PREFIX}/health":
            return None
        if self._key is None:
            reason = local_callers.refusal(lambda name: exchange.headers.get(name.lower()), self._token)
            return _problem(403, reason) if reason is not None else None
        shown = exchange.headers.get("authorization", "")
        fits = hmac.compare_digest(shown.encode(), f"Bearer {self._key}".encode())
        return None if fits else _problem(401, "the key is missing or wrong")

    def _route(self, exchange: Exchange) -> Answer:
        steps = exchange.path.removeprefix(PREFIX).strip("/").split("/")
        match (exchange.method, *steps):
            case ("GET", "health"):
                return Answer.of_json(200, {"status": "ok"})
            case ("GET", "clock"):
                return self._show_clock()
            case ("PUT", "clock"):
                return self._set_clock(_body(exchange))
            case ("GET", "spaces"):
                return Answer.of_json(200, {"spaces": self._spaces.names()})
            case ("PUT", "spaces", name):
                return self._open(name, _body(exchange))
            case ("DELETE", "spaces", name):
                self._spaces.drop(name)
                return Answer.of_json(200, {})
            case (_, "spaces", name, *rest):
                return self._within(name, exchange, rest)
        return _problem(404, f"there is no {exchange.method} {exchange.path}")

    def _within(self, name: str, exchange: Exchange, rest: list[str]) -> Answer:
        space = self._spaces.get(name)
        if space is None:
            return _problem(404, f"there is no space {name!r}")
        match (exchange.method, *rest):
            case ("GET",):
                return Answer.of_json(200, space.as_json())
            case ("POST", "reset"):
                space.reset()
                return Answer.of_json(200, space.as_json())
            case ("GET", "journal"):
                return _journal(space, exchange.query)
            case ("GET", "faults"):
                return Answer.of_json(200, {"faults": [as_json(active) for active in space.rules.active()]})
            case (_, "faults", rule_id):
                return self._fault(space, rule_id, exchange)
        return _problem(404, f"there is no {exchange.method} {exchange.path}")

    def _fault(self, space: Space, rule_id: str, exchange: Exchange) -> Answer:
        rules = space.rules
        if exchange.method == "PUT":
            rules.add([parse_rule(rule_id, _body(exchange))], self._clock.time())
        active = rules.take(rule_id) if exchange.method == "DELETE" else rules.find(rule_id)
        if active is None:
            return _problem(404, f"there is no fault {rule_id!r} in space {space.name!r}")
        return Answer.of_json(200, as_json(active))

    def _open(self, name: str, given: dict[str, Any]) -> Answer:
        fields.refuse_unknown(given, ["api_key", "models"], "a space")
        api_key, models = fields.text(given, "api_key"), _models(given)
        space = self._spaces.open(name)
        space.api_key = api_key or space.api_key
        space.models = models or space.models
        return Answer.of_json(200, space.as_json())

    def _show_clock(self) -> Answer:
        clock = self._clock
        state = {"now": clock.time(), "offset_seconds": clock.offset_seconds}
        return Answer.of_json(
            200, {**state, "held": clock.sleepers, "next_due": clock.next_due, "changes": clock.changes}
        )

    def _set_clock(self, given: dict[str, Any]) -> Answer:
        fields.refuse_unknown(given, ["offset_seconds"], "the clock")
        offset_seconds = fields.number(given, "offset_seconds", least=-math.inf)  # the clock says what it takes
        if offset_seconds is None:
            raise InvalidRequest("the clock needs offset_seconds")
        try:
            self._clock.jump_to(offset_seconds)
        except ValueError as error:
            raise InvalidRequest(str(error)) from error
        return self._show_clock()


def _journal(space: Space, query: str) -> Answer:
    after = parse_qs(query).get("after", ["0"])[-1]
    if not after.isdigit():
        raise InvalidRequest(f"after must be a record's number, not {after!r}")
    return Answer.of_json(200, {"records": [asdict(record) for record in space.journal.records[int(after) :]]})


def _models(given: dict[str, Any]) -> dict[str, Model] | None:
    names = given.get("models")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidRequest("models must be a list of names")
    for name in names:
        if name not in MODELS:
            raise InvalidRequest(f"the simulator has no model {name!r}; it has {', '.join(MODELS)}")
    return {name: MODELS[name] for name in names}


def _body(exchange: Exchange) -> dict[str, Any]:
    if not exchange.body:
        return {}
    try:
        return fields.as_object(json.loads(exchange.body), "the request's body")
    except json.JSONDecodeError as error:
        raise InvalidRequest("the request's body is not JSON") from error


def _problem(status: int, sentence: str) -> Answer:
    return Answer.of_json(status, {"error": sentence})
