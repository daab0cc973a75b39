"""People upload what is no recording: nothing at all, a renamed letter, somebody else's key.

Claim: what can not be taken in is refused with a reason, costs nothing, and leaves nothing behind.
"""

from sim import Simulation, recordings


def test_what_is_no_recording_is_refused(sim: Simulation) -> None:
    # Given an empty file, a letter that calls itself mp3, and a file over the limit.
    refused = {
        "recording-empty": sim.api.upload(b"", file_name="memo.wav"),
        "recording-not-audio": sim.api.upload(b"Dear Sir or Madam, " * 100, file_name="memo.mp3"),
        "recording-too-large": sim.api.upload(recordings.by_name("missed-train").data + bytes(26_214_400)),
    }

    # Then each is refused as what it is.
    for kind, answer in refused.items():
        assert answer.json()["type"].endswith(kind), answer.text
    assert [answer.status_code for answer in refused.values()] == [422, 415, 413]

    # And nothing of it is anywhere.
    assert sim.api.list_memories("acme") == []
    assert sim.stored_audio() == set()


def test_what_is_no_recording_is_refused_past_the_api_as_well(sim: Simulation) -> None:
    # Given a letter that somebody uploads straight to the store, as an mp3.
    begun = sim.api.begin_direct_upload("audio/mpeg")
    assert sim.api.upload_to_s3(begun, b"Dear Sir or Madam, " * 100).status_code == 204

    # When it is submitted, then it is refused as what it is, and gone.
    refused = sim.api.submit(begun.json()["id"])
    assert (refused.status_code, refused.json()["type"]) == (415, "urn:rawk:problem:recording-not-audio")
    assert sim.api.list_memories("acme") == []
    assert sim.stored_audio() == set()


def test_a_stranger_gets_nothing(sim: Simulation) -> None:
    # Given a key that is not one of ours.
    answer = sim.api.request_with_unknown_key("POST", "/api/v1/memories")

    # Then the stranger is told that a key is needed, and no more.
    assert answer.status_code == 401
    assert sim.api.request_with_unknown_key("GET", "/api/v1/memories").status_code == 401
