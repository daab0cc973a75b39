"""A bug of the simulator has a status of its own, and does not look like one of OpenAI's errors."""

import asyncio
import logging

import openai
import pytest

from sim.openai_simulator import request_handler
from sim.openai_simulator.client import OpenAIServer as Client
from sim.openai_simulator.server import OpenAIServer
from tests.integration.openai_simulator.helpers import client_of


def test_a_bug_is_answered_599_and_logged(monkeypatch, caplog):
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    def ask(url: str) -> tuple[int, list[dict[str, object]]]:
        space = Client(url).space("bug")
        with client_of(space) as client, pytest.raises(openai.InternalServerError) as failed:
            client.models.list()
        return failed.value.status_code, space.journal()

    async def scenario() -> tuple[int, list[dict[str, object]]]:
        server = OpenAIServer()
        url = await server.start()
        try:
            return await asyncio.to_thread(ask, url)
        finally:
            await server.stop()

    monkeypatch.setattr(request_handler.RequestHandler, "_models", stumble)
    with caplog.at_level(logging.ERROR):
        status, journal = asyncio.run(asyncio.wait_for(scenario(), 30))

    assert (status, [record["outcome"] for record in journal]) == (599, ["simulator_failed"])
    assert "the simulator failed on GET /bug/v1/models" in caplog.text
