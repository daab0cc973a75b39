"""Hundreds of held answers, separate spaces, and a complete journal."""

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from sim import faults, recordings
from sim.openai_simulator.client import ControlError, OpenAIServer
from tests.integration.openai_simulator.helpers import client_of, eventually, peak_bytes

HELD = 100
HOUR_SECONDS = 3600


def test_a_hundred_answers_held_for_an_hour_arrive_when_the_clock_jumps(own_simulator):
    server, space = own_simulator.server, own_simulator.server.space("held")
    space.add_fault(faults.openai.slow(HOUR_SECONDS).to_rule())

    async def scenario():
        # These clients wait long enough: one with a shorter timeout is disconnected at its end, see below.
        patient = {"max_retries": 0, "timeout": 2 * HOUR_SECONDS}
        client = openai.AsyncOpenAI(api_key=space.api_key, base_url=space.base_url, **patient)
        async with client, asyncio.TaskGroup() as group:
            asking = [group.create_task(client.models.retrieve("gpt-5.4-mini")) for _ in range(HELD)]
            assert await asyncio.to_thread(eventually, lambda: server.clock()["held"] == HELD)
            assert peak_bytes(own_simulator.pid) < 60_000_000
            assert not any(task.done() for task in asking)
            await asyncio.to_thread(server.set_clock, HOUR_SECONDS)
        return [task.result() for task in asking]

    answers = asyncio.run(asyncio.wait_for(scenario(), 60))

    assert {answer.id for answer in answers} == {"gpt-5.4-mini"}
    assert server.clock()["held"] == 0
    assert {record["outcome"] for record in space.journal()} == {"answered"}
    assert min(record["duration_seconds"] for record in space.journal()) >= HOUR_SECONDS


def test_a_client_is_disconnected_when_its_own_timeout_would_have_ended(own_simulator):
    server, space = own_simulator.server, own_simulator.server.space("impatient")
    space.add_fault(faults.openai.slow(HOUR_SECONDS).to_rule())

    with client_of(space, timeout=30) as client, ThreadPoolExecutor(1) as beside:
        asking = beside.submit(client.models.list)
        assert eventually(lambda: server.clock()["held"] == 1)
        server.set_clock(15)
        assert server.clock()["held"] == 1
        server.set_clock(30)
        with pytest.raises(openai.APIConnectionError):
            asking.result(10)

    (record,) = space.journal()
    assert record["outcome"] == "client_disconnected"
    assert 30 <= record["duration_seconds"] < HOUR_SECONDS


def test_every_disconnect_of_a_hundred_clients_is_noticed(own_simulator):
    server, space = own_simulator.server, own_simulator.server.space("gone")
    space.add_fault(faults.openai.hanging().to_rule())

    async def scenario():
        client = openai.AsyncOpenAI(api_key=space.api_key, base_url=space.base_url, max_retries=0, timeout=30)
        async with client:
            asking = [asyncio.create_task(client.models.retrieve("gpt-5.4-mini")) for _ in range(HELD)]
            assert await asyncio.to_thread(eventually, lambda: server.clock()["held"] == HELD)
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    asyncio.run(asyncio.wait_for(scenario(), 60))

    assert eventually(lambda: server.clock()["held"] == 0)
    assert Counter(record["outcome"] for record in space.journal()) == {"client_disconnected": HELD}


def test_spaces_are_separate(simulator):
    one, other = simulator.server.space("one"), simulator.server.space("other")
    one.add_fault(faults.openai.down().to_rule())

    with client_of(one) as first, client_of(other) as second:
        with pytest.raises(openai.InternalServerError):
            first.models.list()
        assert second.models.list().data
        with pytest.raises(openai.AuthenticationError):
            second.with_options(api_key=one.api_key).models.list()

    assert [record["status_code"] for record in one.journal()] == [503]
    assert [record["status_code"] for record in other.journal()] == [200, 401]
    one.reset()
    assert (one.journal(), one.faults()) == ([], [])
    assert len(other.journal()) == 2
    simulator.server.drop_space("one")
    with pytest.raises(ControlError, match="there is no space 'one'"):
        one.journal()


def test_the_journal_records_the_memory_and_the_retries_of_a_call(space):
    memo = recordings.by_name("dentist-reminder")
    space.add_fault(faults.openai.errors(500, times=2).to_rule(), "hiccup")
    headers = {"X-Client-Request-Id": "memory-1", "X-Correlation-Id": "corr-1"}

    def transcribe(client):
        client.audio.transcriptions.create(
            model="gpt-transcribe", file=(memo.file_name, memo.data), extra_headers=headers
        )

    with client_of(space) as client, pytest.raises(openai.InternalServerError):
        transcribe(client)
    with client_of(space, max_retries=1) as client:
        transcribe(client)
        client.chat.completions.create(
            model="gpt-5.4-mini", messages=[{"role": "user", "content": "Hello."}], extra_headers=headers
        )

    seen = ["endpoint", "attempt", "sdk_retry_count", "status_code", "fault", "billed_seconds"]
    assert [[record[name] for name in seen] for record in space.journal()] == [
        ["transcription", 1, 0, 500, "hiccup", 0],
        ["transcription", 2, 0, 500, "hiccup", 0],
        ["transcription", 3, 1, 200, None, 6],
        ["chat", 1, 0, 200, None, 0],
    ]
    assert {(record["memory_id"], record["correlation_id"]) for record in space.journal()} == {("memory-1", "corr-1")}
    assert [record["number"] for record in space.journal(after=2)] == [3, 4]
    assert space.journal()[2]["audio_sha256"] == memo.sha256
    assert space.journal()[3]["billed_prompt_tokens"] > 0


def test_the_journal_file_holds_the_same_records(own_simulator):
    space = own_simulator.server.space("kept")
    with client_of(space) as client:
        for _ in range(3):
            client.models.list()

    written = [json.loads(line) for line in own_simulator.journal.read_text().splitlines()]

    assert written == space.journal()


def test_an_invalid_name_and_a_simulator_that_does_not_answer(simulator):
    with pytest.raises(ControlError, match="a space's name is lower-case letters, digits and dashes"):
        simulator.server.space("Not A Name")
    with pytest.raises(ControlError, match=r"the OpenAI simulator at http://127.0.0.1:1 does not answer"):
        OpenAIServer("http://127.0.0.1:1").space("x")
