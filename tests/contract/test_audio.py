"""AudioStore: an upload is stored whole or not at all."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

import httpx2
import pytest

from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.s3.store import PART_BYTES
from rawk.domain.errors import AudioMissing, AudioReplaced, ConfigurationError
from rawk.ports import AudioForm, AudioHead, AudioStore

KEY = "audio/acme/one"
INCOMING = "incoming/acme/one"

SIZES_BYTES = {
    "nothing": 0,
    "one byte": 1,
    "one part": PART_BYTES,
    "a byte over one part": PART_BYTES + 1,
    "two parts": 2 * PART_BYTES,
    "two parts and a bit": 2 * PART_BYTES + 3,
}


def content_of(size_bytes: int) -> bytes:
    """Bytes that differ from part to part, the same in every run."""
    return Random(size_bytes).randbytes(size_bytes)


def stored(audio: AudioStore, key: str, content: bytes = b"RIFF", chunk_bytes: int = 1_000_003) -> None:
    upload = audio.open_upload(key, "audio/wav")
    for start in range(0, len(content), chunk_bytes):
        upload.write(content[start : start + chunk_bytes])
    upload.complete()


@pytest.mark.parametrize("size", SIZES_BYTES)
def test_what_was_written_can_be_fetched(audio: AudioStore, size: str) -> None:
    content = content_of(SIZES_BYTES[size])
    stored(audio, KEY, content)
    assert audio.fetch(KEY) == content


@pytest.mark.parametrize("chunk_bytes", [65_536, PART_BYTES, 3 * PART_BYTES])
def test_the_size_of_the_chunks_does_not_matter(audio: AudioStore, chunk_bytes: int) -> None:
    content = content_of(2 * PART_BYTES + 77)
    stored(audio, KEY, content, chunk_bytes)
    assert audio.fetch(KEY) == content


@pytest.mark.parametrize("size_bytes", [10, 2 * PART_BYTES + 1])
def test_nothing_can_be_read_before_the_upload_is_complete(audio: AudioStore, size_bytes: int) -> None:
    upload = audio.open_upload(KEY, "audio/wav")
    upload.write(content_of(size_bytes))
    with pytest.raises(AudioMissing):
        audio.fetch(KEY)
    assert list(audio.older_than(datetime.now(UTC) + timedelta(hours=1))) == []


@pytest.mark.parametrize("size_bytes", [0, 10, 2 * PART_BYTES + 1])
def test_an_aborted_upload_leaves_nothing(audio: AudioStore, size_bytes: int) -> None:
    upload = audio.open_upload(KEY, "audio/wav")
    upload.write(content_of(size_bytes))
    upload.abort()
    upload.abort()
    with pytest.raises(AudioMissing):
        audio.fetch(KEY)


def test_an_abort_after_completion_changes_nothing(audio: AudioStore) -> None:
    upload = audio.open_upload(KEY, "audio/wav")
    upload.write(b"RIFF")
    upload.complete()
    upload.abort()
    assert audio.fetch(KEY) == b"RIFF"


def test_an_ended_upload_accepts_no_more_bytes(audio: AudioStore) -> None:
    upload = audio.open_upload(KEY, "audio/wav")
    upload.complete()
    with pytest.raises(ValueError, match="has ended"):
        upload.write(b"more")
    with pytest.raises(ValueError, match="has ended"):
        upload.complete()


def test_a_second_upload_replaces_the_first(audio: AudioStore) -> None:
    stored(audio, KEY, b"first")
    stored(audio, KEY, b"second")
    assert audio.fetch(KEY) == b"second"


def test_deleted_audio_is_missing_and_can_be_deleted_again(audio: AudioStore) -> None:
    stored(audio, KEY)
    audio.delete(KEY)
    audio.delete(KEY)
    with pytest.raises(AudioMissing, match=KEY):
        audio.fetch(KEY)


def test_older_than_gives_old_audio_only(audio: AudioStore) -> None:
    stored(audio, "audio/acme/one")
    stored(audio, "audio/zoo/two")
    stored(audio, "incoming/zoo/three")
    now = datetime.now(UTC)
    everything = ["audio/acme/one", "audio/zoo/two", "incoming/zoo/three"]
    assert sorted(audio.older_than(now + timedelta(minutes=1))) == everything
    assert list(audio.older_than(now - timedelta(minutes=1))) == []


def test_audio_of_a_tenant_is_its_own_only(audio: AudioStore) -> None:
    own = ["audio/acme/one", "audio/acme/two.3", "incoming/acme/four"]
    others = ["audio/acme-2/one", "audio/acm/one", "incoming/ACME/one", "incoming/acme.b/one", "audio/zoo/acme/one"]
    for key in (*own, *others):
        stored(audio, key)

    assert sorted(audio.of_tenant("acme")) == own
    assert list(audio.of_tenant("nobody")) == []


@pytest.mark.parametrize("tenant", ["", "..", "acme/one", "../audio", "*"])
def test_audio_of_what_is_no_tenant_is_refused(audio: AudioStore, tenant: str) -> None:
    with pytest.raises(ConfigurationError):
        list(audio.of_tenant(tenant))


# direct uploads and downloads


def posted(audio: AudioStore, form: AudioForm, content: bytes) -> bool:
    """What a client does with the form; True if the store accepted it."""
    if isinstance(audio, InMemoryAudioStore):
        return audio.receive(form, content)
    answer = httpx2.post(form.url, data=dict(form.fields), files={"file": ("memo", content)}, trust_env=False)
    return answer.status_code == 204


def test_a_form_lets_its_holder_store_the_audio(audio: AudioStore) -> None:
    form = audio.upload_form(KEY, "audio/wav", 1000, 60)
    assert posted(audio, form, content_of(1000))
    assert audio.fetch(KEY) == content_of(1000)
    assert posted(audio, form, b"R")
    assert audio.fetch(KEY) == b"R"


@pytest.mark.parametrize("size_bytes", [0, 1001])
def test_a_form_accepts_neither_empty_nor_too_large_audio(audio: AudioStore, size_bytes: int) -> None:
    assert not posted(audio, audio.upload_form(KEY, "audio/wav", 1000, 60), content_of(size_bytes))
    with pytest.raises(AudioMissing):
        audio.fetch(KEY)


def test_a_form_accepts_one_content_type_only(audio: AudioStore) -> None:
    form = audio.upload_form(KEY, "audio/wav", 1000, 60)
    assert not posted(audio, AudioForm(form.url, {**form.fields, "Content-Type": "text/html"}), b"<script>")


def test_head_gives_the_leading_bytes_and_the_size(audio: AudioStore) -> None:
    content = content_of(PART_BYTES + 1)
    stored(audio, KEY, content)
    head = audio.head(KEY, 64)
    assert head == AudioHead(content[:64], PART_BYTES + 1, head.etag)
    stored(audio, KEY, b"RIFF")
    small = audio.head(KEY, 64)
    assert small == AudioHead(b"RIFF", 4, small.etag)
    assert len({head.etag, small.etag, ""}) == 3
    stored(audio, KEY, b"")
    empty = audio.head(KEY, 64)
    assert (empty.leading_bytes, empty.size_bytes) == (b"", 0)


def test_head_raises_for_missing_audio(audio: AudioStore) -> None:
    with pytest.raises(AudioMissing, match=KEY):
        audio.head(KEY, 64)


@pytest.mark.parametrize("size_bytes", [1, PART_BYTES + 1])
def test_a_copy_has_the_checked_bytes_and_stays_when_the_original_is_replaced(
    audio: AudioStore, size_bytes: int
) -> None:
    content = content_of(size_bytes)
    stored(audio, INCOMING, content)

    digest = audio.copy(INCOMING, audio.head(INCOMING, 1).etag, KEY, "audio/mp4")
    stored(audio, INCOMING, b"other")

    assert digest == sha256(content).hexdigest()
    assert audio.fetch(KEY) == content
    audio.delete(INCOMING)
    assert audio.fetch(KEY) == content


def test_audio_that_was_replaced_after_its_check_is_not_copied(audio: AudioStore) -> None:
    form = audio.upload_form(INCOMING, "audio/wav", 1000, 60)
    assert posted(audio, form, b"RIFF")
    etag = audio.head(INCOMING, 4).etag
    assert posted(audio, form, b"OggS")

    with pytest.raises(AudioReplaced, match=INCOMING):
        audio.copy(INCOMING, etag, KEY, "audio/wav")

    with pytest.raises(AudioMissing):
        audio.fetch(KEY)


def test_the_same_bytes_again_are_not_other_audio(audio: AudioStore) -> None:
    form = audio.upload_form(INCOMING, "audio/wav", 1000, 60)
    assert posted(audio, form, b"RIFF")
    etag = audio.head(INCOMING, 4).etag
    assert posted(audio, form, b"RIFF")
    assert audio.copy(INCOMING, etag, KEY, "audio/wav") == sha256(b"RIFF").hexdigest()


def test_missing_audio_cannot_be_copied(audio: AudioStore) -> None:
    stored(audio, INCOMING)
    etag = audio.head(INCOMING, 4).etag
    audio.delete(INCOMING)
    with pytest.raises(AudioMissing, match=INCOMING):
        audio.copy(INCOMING, etag, KEY, "audio/wav")


def test_a_link_lets_its_holder_fetch_the_audio(audio: AudioStore) -> None:
    stored(audio, KEY, b"RIFF")
    link = audio.link(KEY, "audio/wav", 60)
    if isinstance(audio, InMemoryAudioStore):
        assert KEY in link
        return
    answer = httpx2.get(link, trust_env=False)
    assert (answer.content, answer.headers["Content-Type"]) == (b"RIFF", "audio/wav")
    assert "X-Amz-Expires=60" in link
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link


def test_the_store_answers(audio: AudioStore) -> None:
    audio.check()
