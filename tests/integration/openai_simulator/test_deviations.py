"""Every declared deviation from OpenAI shows as declared."""

import httpx2
import pytest

from sim import recordings
from sim.openai_simulator.deviations import AUDIO, DEVIATIONS

MEMO = recordings.by_name("standup-notes")


def ask(client, deviation):
    if deviation.body is None:
        return client.get(deviation.path)
    if deviation.call != AUDIO:
        return client.post(deviation.path, json=dict(deviation.body))
    audio = bytearray(MEMO.data)
    if deviation.body.get("prompt") == "unknown":
        audio[5000] ^= 1
    return client.post(deviation.path, data=dict(deviation.body), files={"file": (MEMO.file_name, bytes(audio))})


def value_at(path, value):
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda each: f"{each.call}-{each.shown_at}-{each.reason}"[:70])
def test_a_deviation_shows_as_declared(space, deviation):
    base_url = space.base_url.removesuffix("/v1")
    headers = {"authorization": f"Bearer {space.api_key}", **deviation.headers}
    with httpx2.Client(base_url=base_url, headers=headers) as client:
        answer = [ask(client, deviation).json() for _ in range(deviation.times)][-1]

    assert value_at(deviation.shown_at, answer) == deviation.ours
