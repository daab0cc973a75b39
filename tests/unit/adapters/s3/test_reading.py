"""What the audio store asks of S3 to read, copy, list and remove, and what it makes of the answers and refusals."""

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.response import StreamingBody

from rawk.adapters.s3.bounded import BoundedAudioStore
from rawk.adapters.s3.store import S3AudioStore
from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.errors import AudioMissing, AudioReplaced, StorageUnavailable
from rawk.ports import AudioHead
from tests.unit.adapters.conftest import REQUEST_ID

KEY, INCOMING = "audio/acme/1", "incoming/acme/1"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
COPY = {
    "Bucket": "b",
    "Key": KEY,
    "CopySource": {"Bucket": "b", "Key": INCOMING},
    "CopySourceIfMatch": '"e"',
    "ContentType": "audio/mp4",
    "MetadataDirective": "REPLACE",
    "TaggingDirective": "REPLACE",
    "ChecksumAlgorithm": "SHA256",
}


class Body(BytesIO):
    """A body that knows whether it was read."""

    was_read = False

    def read(self, *arguments):
        self.was_read = True
        return super().read(*arguments)


def content(body, stated_bytes=None, **more):
    """An answer to GetObject; each can be read once."""
    stated = len(body) if stated_bytes is None else stated_bytes
    answer = {"Body": StreamingBody(Body(body), None), "ETag": '"e"', "ContentLength": stated, **more}
    return {name: value for name, value in answer.items() if value is not None}


def fetched(s3, answer, key=KEY):
    s3.answers("get_object", answer, Bucket="b", Key=key)
    return S3AudioStore(s3.client, "b").fetch(key)


def headed(s3, answer, leading_bytes=4):
    s3.answers("get_object", answer, Bucket="b", Key=KEY, Range=f"bytes=0-{leading_bytes - 1}")
    return S3AudioStore(s3.client, "b").head(KEY, leading_bytes)


def copied(s3):
    return S3AudioStore(s3.client, "b").copy(INCOMING, '"e"', KEY, "audio/mp4")


# fetch


def test_the_whole_audio_is_fetched_and_its_connection_given_back(s3):
    answer = content(b"RIFF")
    assert fetched(s3, answer) == b"RIFF"
    assert answer["Body"]._raw_stream.closed


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"ETag": None}, "no ETag"),
        ({"stated_bytes": 5}, "another length than stated"),
        ({"stated_bytes": 3}, "another length than stated"),
        ({"Body": None}, "KeyError"),
    ],
)
def test_audio_that_is_not_whole_is_unavailable(s3, answer, reason):
    with pytest.raises(StorageUnavailable, match=rf"^S3 could not fetch: its answer is malformed \({reason}\)$"):
        fetched(s3, content(b"RIFF", **answer))


def test_audio_that_no_worker_can_hold_is_not_read(s3):
    answer = content(b"RIFF", MAX_RECORDING_BYTES + 1)
    with pytest.raises(StorageUnavailable, match=f"more than {MAX_RECORDING_BYTES} bytes"):
        fetched(s3, answer)
    assert not answer["Body"]._raw_stream.was_read
    assert answer["Body"]._raw_stream.closed


def test_audio_of_the_largest_size_is_read(s3):
    answer = content(b"RIFF", MAX_RECORDING_BYTES)
    with pytest.raises(StorageUnavailable, match="another length than stated"):
        fetched(s3, answer)


@pytest.mark.parametrize("call", ["fetch", "head", "copy"])
def test_only_the_code_of_s3_makes_audio_missing(s3, call):
    operation = "copy_object" if call == "copy" else "get_object"
    calls = {
        "fetch": lambda store: store.fetch(KEY),
        "head": lambda store: store.head(KEY, 4),
        "copy": lambda store: store.copy(KEY, '"e"', "audio/acme/2", "audio/wav"),
    }
    s3.refuses(operation, "NoSuchKey")
    with pytest.raises(AudioMissing, match=f"^there is no audio under {KEY}$"):
        calls[call](S3AudioStore(s3.client, "b"))
    s3.refuses(operation, "404")
    with pytest.raises(StorageUnavailable, match=r": 404$"):
        calls[call](S3AudioStore(s3.client, "b"))


def test_a_misconfiguration_is_logged_with_the_key(s3, log_lines):
    calls = {
        "get_object": (lambda store: store.fetch(KEY), "fetch", KEY),
        "delete_object": (lambda store: store.delete(KEY), "delete", KEY),
        "copy_object": (lambda store: store.copy(INCOMING, '"e"', KEY, "audio/wav"), "copy", INCOMING),
        "list_objects_v2": (lambda store: list(store.older_than(NOON)), "list", "audio/"),
        "head_bucket": (lambda store: store.check(), "check", "b"),
    }
    for operation, (call, doing, subject) in calls.items():
        s3.refuses(operation, "AccessDenied")
        with pytest.raises(StorageUnavailable, match=f"^S3 could not {doing}: AccessDenied$"):
            call(S3AudioStore(s3.client, "b"))
        line = log_lines()[-1]
        assert (line["event"], line["doing"], line["subject"]) == ("storage_misconfigured", doing, subject)
    s3.refuses("get_object", "AccessDenied")
    with pytest.raises(StorageUnavailable, match=r"^S3 could not read the head: AccessDenied$"):
        S3AudioStore(s3.client, "b").head(KEY, 4)
    assert log_lines()[-1]["subject"] == KEY


# head


def test_the_head_of_audio_is_its_leading_bytes_and_its_size(s3):
    answer = content(b"RIFF", ContentRange="bytes 0-3/26214400")
    assert headed(s3, answer) == AudioHead(b"RIFF", 26_214_400, '"e"')
    assert headed(s3, content(b"RI", ContentRange="bytes 0-1/2")) == AudioHead(b"RI", 2, '"e"')


def test_empty_audio_has_an_empty_head(s3):
    s3.refuses("get_object", "InvalidRange", Bucket="b", Key=KEY, Range="bytes=0-3")
    assert S3AudioStore(s3.client, "b").head(KEY, 4) == AudioHead(b"", 0, "")


@pytest.mark.parametrize(
    ("body", "content_range", "reason"),
    [
        (b"RIFF", None, "no ContentRange"),
        (b"RIFF", "bytes 0-3/*", "no range"),
        (b"RIFF", "bytes 0-3/9 ", "no range"),
        (b"RI", "bytes 0-1/9", "another range"),
        (b"RIFF", "bytes 0-3/3", "another range"),
        (b"RIFF..", "bytes 0-5/6", "more than 4 bytes"),
    ],
)
def test_a_head_of_another_range_is_unavailable(s3, body, content_range, reason):
    expected = rf"^S3 could not read the head: its answer is malformed \({reason}\)$"
    with pytest.raises(StorageUnavailable, match=expected):
        headed(s3, content(body, ContentRange=content_range))


# copy


def test_a_copy_is_made_on_the_condition_of_the_entity_tag_and_its_digest_is_that_of_s3(s3):
    digest = sha256(b"RIFF")
    checksum = base64.b64encode(digest.digest()).decode()
    s3.answers("copy_object", {"CopyObjectResult": {"ETag": '"n"', "ChecksumSHA256": checksum}}, **COPY)
    assert copied(s3) == digest.hexdigest()


def test_a_copy_without_a_checksum_is_read(s3):
    s3.answers("copy_object", {"CopyObjectResult": {"ETag": '"n"'}}, **COPY)
    s3.answers("get_object", content(b"RIFF"), Bucket="b", Key=KEY)
    assert copied(s3) == sha256(b"RIFF").hexdigest()


def test_audio_that_was_replaced_is_not_copied(s3):
    s3.refuses("copy_object", "PreconditionFailed", **COPY)
    with pytest.raises(AudioReplaced, match=f"^there is other audio under {INCOMING}$"):
        copied(s3)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({}, "KeyError"),
        ({"CopyObjectResult": {}}, "no ETag"),
        ({"CopyObjectResult": {"ETag": '"n"', "ChecksumSHA256": "a composite one-2"}}, "Error"),
        ({"CopyObjectResult": {"ETag": '"n"', "ChecksumSHA256": "YWJj-ZGVm"}}, "Error"),
    ],
)
def test_an_answer_without_a_copy_is_unavailable(s3, result, reason):
    s3.answers("copy_object", result, **COPY)
    with pytest.raises(StorageUnavailable, match=rf"^S3 could not copy: its answer is malformed \({reason}\)$"):
        copied(s3)


# delete, list, check


@pytest.mark.parametrize("adapter", [S3AudioStore, BoundedAudioStore])
def test_audio_is_removed_by_its_key(s3, adapter):
    s3.answers("delete_object", REQUEST_ID, Bucket="b", Key=KEY)
    adapter(s3.client, "b").delete(KEY)


@pytest.mark.parametrize("adapter", [S3AudioStore, BoundedAudioStore])
def test_an_answer_without_a_request_id_removes_nothing(s3, adapter):
    s3.answers("delete_object", {"ResponseMetadata": {}}, Bucket="b", Key=KEY)
    with pytest.raises(StorageUnavailable, match=r"^S3 could not delete: .*no request id"):
        adapter(s3.client, "b").delete(KEY)


def test_a_closed_store_removes_nothing_and_its_threads_have_a_name_of_their_own(s3):
    s3.answers("delete_object", REQUEST_ID, Bucket="b", Key=KEY)
    audio = BoundedAudioStore(s3.client, "b")
    audio.delete(KEY)
    assert [thread.name for thread in audio._removals._threads._threads] == ["removal_0"]
    audio.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        audio.delete(KEY)


def listed(*ages_seconds, prefix="audio/", token=None):
    keys = [
        {"Key": f"{prefix}{age_seconds}", "LastModified": NOON - timedelta(seconds=age_seconds)}
        for age_seconds in ages_seconds
    ]
    more = {"NextContinuationToken": token} if token else {}
    return {"IsTruncated": token is not None, **({"Contents": keys} if keys else {}), **more}


def test_all_pages_of_both_prefixes_are_listed_up_to_the_moment(s3):
    s3.answers("list_objects_v2", listed(9, 0, token="t"), Bucket="b", Prefix="audio/")
    s3.answers("list_objects_v2", listed(-1, 1), Bucket="b", Prefix="audio/", ContinuationToken="t")
    s3.answers("list_objects_v2", listed(5, prefix="incoming/"), Bucket="b", Prefix="incoming/")
    assert list(S3AudioStore(s3.client, "b").older_than(NOON)) == ["audio/9", "audio/1", "incoming/5"]


def test_an_empty_bucket_has_nothing_to_list(s3):
    for prefix in ("audio/", "incoming/"):
        s3.answers("list_objects_v2", listed(), Bucket="b", Prefix=prefix)
    assert list(S3AudioStore(s3.client, "b").older_than(NOON)) == []


def test_a_page_that_is_no_list_is_unavailable(s3):
    s3.answers("list_objects_v2", {}, Bucket="b", Prefix="audio/")
    with pytest.raises(StorageUnavailable, match=r"^S3 could not list: its answer is malformed \(no list\)$"):
        list(S3AudioStore(s3.client, "b").older_than(NOON))


def test_the_store_is_checked_by_its_bucket(s3):
    s3.answers("head_bucket", {}, Bucket="b")
    S3AudioStore(s3.client, "b").check()


# forms and links, which are signed without a call


def test_a_form_has_the_conditions_that_were_asked_for(s3):
    form = S3AudioStore(s3.client, "b").upload_form(KEY, "audio/wav", 1000, 60)
    policy = base64.b64decode(form.fields["policy"]).decode()
    assert (form.fields["key"], form.fields["Content-Type"]) == (KEY, "audio/wav")
    assert urlsplit(form.url).path == "/b"
    assert '["content-length-range", 1, 1000]' in policy
    assert '{"Content-Type": "audio/wav"}' in policy
    assert '{"bucket": "b"}' in policy


def test_a_form_expires_in_the_seconds_that_were_asked_for(s3, monkeypatch):
    asked = []

    def sign(**request):
        asked.append(request["ExpiresIn"])
        return {"url": "u", "fields": {"f": "1"}}

    monkeypatch.setattr(s3.client, "generate_presigned_post", sign)
    form = S3AudioStore(s3.client, "b").upload_form(KEY, "audio/wav", 1000, 61)
    assert (form.url, form.fields, asked) == ("u", {"f": "1"}, [61])


def test_a_link_is_for_one_object_as_this_type_and_expires_in_the_seconds_that_were_asked_for(s3, monkeypatch):
    url = urlsplit(S3AudioStore(s3.client, "b").link(KEY, "audio/wav", 62))
    assert (url.path, parse_qs(url.query)["response-content-type"]) == (f"/b/{KEY}", ["audio/wav"])

    asked = []

    def sign(*arguments, **request):
        asked.append((arguments, request["ExpiresIn"]))
        return "link"

    monkeypatch.setattr(s3.client, "generate_presigned_url", sign)
    assert S3AudioStore(s3.client, "b").link(KEY, "audio/wav", 62) == "link"
    assert asked == [(("get_object",), 62)]


def test_what_cannot_be_signed_is_unavailable(s3, log_lines, monkeypatch):
    def refuse(*_, **__):
        raise s3.client.exceptions.ClientError({"Error": {"Code": "AccessDenied"}}, "Sign")

    monkeypatch.setattr(s3.client, "generate_presigned_post", refuse)
    monkeypatch.setattr(s3.client, "generate_presigned_url", refuse)
    with pytest.raises(StorageUnavailable, match=r"^S3 could not sign a form: AccessDenied$"):
        S3AudioStore(s3.client, "b").upload_form(KEY, "audio/wav", 1000, 60)
    with pytest.raises(StorageUnavailable, match=r"^S3 could not sign a link: AccessDenied$"):
        S3AudioStore(s3.client, "b").link(KEY, "audio/wav", 60)
    assert [line["subject"] for line in log_lines()] == [KEY, KEY]
