"""Requests for text, straight to the simulator's endpoints."""

import json

import pytest

from sim.openai_simulator.endpoints import chat, responses
from sim.openai_simulator.endpoints.completion import complete
from sim.openai_simulator.endpoints.models import MODELS
from sim.openai_simulator.errors import Refusal

MESSAGES = [{"role": "user", "content": "It rains. Bring a coat."}]
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
STRICT = {"name": "X", "strict": True, "schema": SCHEMA}
NOT_STRICT_ENOUGH = {"name": "X", "strict": True, "schema": {"type": "object"}}


def ask_chat(**body):
    request = chat.understand({"model": "gpt-4.1", "messages": MESSAGES, **body}, MODELS)
    return json.loads(chat.answer(complete(request.prompt, None), request, 1, 0.0).body)


def ask_responses(**body):
    request = responses.understand({"model": "gpt-4.1", "input": "It rains. Bring a coat.", **body}, MODELS)
    return json.loads(responses.answer(complete(request.prompt, None), request, 1, 0.0).body)


def refused(ask, body):
    with pytest.raises(Refusal) as raised:
        ask(**body)
    assert 400 <= raised.value.answer.status < 500
    error = json.loads(raised.value.answer.body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    return error["message"], error["code"], error["param"]


def said(*messages):
    return {"messages": list(messages)}


def user(content, **more):
    return said({"role": "user", "content": content, **more})


def item(content, **more):
    return {"input": [{"role": "user", "content": content, **more}]}
