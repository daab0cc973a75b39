"""Clients upload files that are not recordings, or have an unknown API key."""

from sim import Simulation, recordings


def test_invalid_uploads_are_refused(sim: Simulation) -> None:
    """A client uploads files that are empty, not audio, or too large.

    Claim: An upload that is empty, not audio, or larger than the limit is refused with its reason (422, 415, 413) and
    leaves no memory and no audio behind.
    """
    # Given an empty file, a text file named mp3, and a file over the limit.
    refused = {
        "recording-empty": sim.api.upload(b"", file_name="memories.wav"),
        "recording-not-audio": sim.api.upload(b"Dear Sir or Madam, " * 100, file_name="memories.mp3"),
        "recording-too-large": sim.api.upload(recordings.by_name("missed-train").data + bytes(26_214_400)),
    }

    # Then each is refused with its own reason.
    for kind, response in refused.items():
        assert response.json()["type"].endswith(kind), response.text
    assert [response.status_code for response in refused.values()] == [422, 415, 413]

    # And none leaves a memory or audio behind.
    assert sim.api.list_memories("acme") == []
    assert sim.stored_audio() == set()


def test_invalid_direct_upload_is_refused(sim: Simulation) -> None:
    """A client uploads a file that is not audio directly to S3.

    Claim: A direct upload that is not audio is refused with 415 when it is submitted, and leaves no memory and no
    audio behind.
    """
    # Given a text file that a client uploads directly to S3 as mp3.
    begun = sim.api.begin_direct_upload("audio/mpeg")
    assert sim.api.upload_to_s3(begun, b"Dear Sir or Madam, " * 100).status_code == 204

    # When it is submitted, then it is refused with its reason, and gone.
    refused = sim.api.submit(begun.json()["id"])
    assert (refused.status_code, refused.json()["type"]) == (415, "urn:rawk:problem:recording-not-audio")
    assert sim.api.list_memories("acme") == []
    assert sim.stored_audio() == set()


def test_unknown_key_is_refused(sim: Simulation) -> None:
    """A caller has an unknown API key.

    Claim: A caller with an unknown API key is answered 401, whether it uploads or lists.
    """
    # Given an API key that belongs to no tenant.
    response = sim.api.request_with_unknown_key("POST", "/api/v1/memories")

    # Then uploading and listing are answered 401.
    assert response.status_code == 401
    assert sim.api.request_with_unknown_key("GET", "/api/v1/memories").status_code == 401
