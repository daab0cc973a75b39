"""What an upload asks of S3, part by part, and what it leaves behind when it fails."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import ANY

from rawk.adapters.s3.store import PART_BYTES, S3AudioStore
from rawk.domain.errors import StorageUnavailable

KEY = "audio/acme/1"
PART = 4


def begun(client):
    """An upload with parts of four bytes."""
    return S3AudioStore(client, "b", part_bytes=PART).open_upload(KEY, "audio/wav")


class KeepingS3:
    """An S3 client that keeps what it is given; `failures` has the error of a method."""

    def __init__(self, **failures):
        self.calls = []
        self.bodies = []
        self.objects = {}
        self._failures = failures

    def __getattr__(self, method):
        def call(**request):
            self.calls.append(method)
            if body := request.get("Body"):
                self.bodies.append(body.read())
            if method in self._failures:
                raise self._failures[method]
            return {"ETag": f"e{len(self.bodies)}", "UploadId": "u"}

        return call


def refusal(code):
    return ClientError({"Error": {"Code": code}}, "Call")


def test_a_part_has_the_smallest_size_that_s3_allows():
    assert PART_BYTES == 5_242_880
    assert S3AudioStore(None, "b")._part_bytes == PART_BYTES


@pytest.mark.parametrize("chunks", [[b"12345678901"], [b"1", b"2345", b"678", b"901"], [b"1234", b"5678", b"901"]])
def test_content_of_more_than_a_part_is_sent_in_parts(chunks):
    s3 = KeepingS3()
    upload = begun(s3)
    for chunk in chunks:
        upload.write(chunk)
    upload.complete()
    assert s3.bodies == [b"1234", b"5678", b"901"]
    assert s3.calls == ["create_multipart_upload", *["upload_part"] * 3, "complete_multipart_upload"]


@pytest.mark.parametrize("content", [b"", b"1", b"123", b"1234"])
def test_content_of_up_to_a_part_is_put(content):
    s3 = KeepingS3()
    upload = begun(s3)
    upload.write(content)
    upload.complete()
    assert (s3.bodies, s3.calls) == ([content], ["put_object"])


def test_a_put_names_the_object_and_its_type(s3):
    s3.answers("put_object", {"ETag": "e"}, Bucket="b", Key=KEY, Body=ANY, ContentType="audio/wav")
    upload = begun(s3.client)
    upload.write(b"1234")
    upload.complete()


OF_UPLOAD = {"Bucket": "b", "Key": KEY, "UploadId": "u"}


def part_sent(s3, number, answer=None):
    s3.answers("upload_part", answer or {"ETag": f"e{number}"}, **OF_UPLOAD, PartNumber=number, Body=ANY)


def multipart_begun(s3):
    s3.answers("create_multipart_upload", {"UploadId": "u"}, Bucket="b", Key=KEY, ContentType="audio/wav")


def joined(s3, answer):
    parts = [{"ETag": f"e{number}", "PartNumber": number} for number in (1, 2, 3)]
    s3.answers("complete_multipart_upload", answer, **OF_UPLOAD, MultipartUpload={"Parts": parts})


def test_a_multipart_upload_names_its_parts_in_order(s3):
    multipart_begun(s3)
    for number in (1, 2, 3):
        part_sent(s3, number)
    joined(s3, {"ETag": "e"})
    upload = begun(s3.client)
    upload.write(b"12345678901")
    upload.complete()


def test_an_aborted_multipart_upload_is_ended_once(s3):
    multipart_begun(s3)
    part_sent(s3, 1)
    s3.answers("abort_multipart_upload", {}, **OF_UPLOAD)
    upload = begun(s3.client)
    upload.write(b"12345")
    upload.abort()
    upload.abort()


def test_an_upload_that_was_not_begun_has_nothing_to_abort(s3):
    upload = begun(s3.client)
    upload.write(b"12")
    upload.abort()


@pytest.mark.parametrize("end", ["complete", "abort"])
def test_an_ended_upload_takes_nothing(end):
    s3 = KeepingS3()
    upload = begun(s3)
    upload.write(b"12")
    getattr(upload, end)()
    with pytest.raises(ValueError, match="the upload has ended"):
        upload.write(b"3")
    with pytest.raises(ValueError, match="the upload has ended"):
        upload.complete()
    upload.abort()
    assert s3.calls == (["put_object"] if end == "complete" else [])


def test_an_upload_whose_completion_failed_takes_nothing():
    upload = begun(KeepingS3(put_object=refusal("InternalError")))
    with pytest.raises(StorageUnavailable, match=r"^S3 could not complete the upload: InternalError$"):
        upload.complete()
    with pytest.raises(ValueError, match="the upload has ended"):
        upload.complete()


def test_after_a_failed_put_the_object_is_removed(s3):
    s3.refuses("put_object", "InternalError")
    s3.answers("delete_object", {}, Bucket="b", Key=KEY)
    upload = begun(s3.client)
    with pytest.raises(StorageUnavailable):
        upload.complete()
    upload.abort()


def test_after_a_failed_join_parts_and_object_are_removed(s3):
    multipart_begun(s3)
    for number in (1, 2):
        part_sent(s3, number)
    s3.refuses("complete_multipart_upload", "InternalError")
    s3.answers("abort_multipart_upload", {}, **OF_UPLOAD)
    s3.answers("delete_object", {}, Bucket="b", Key=KEY)
    upload = begun(s3.client)
    upload.write(b"12345")
    with pytest.raises(StorageUnavailable, match=r"^S3 could not complete the upload: InternalError$"):
        upload.complete()
    upload.abort()


def test_after_a_failed_part_only_the_parts_are_removed(s3, log_lines):
    multipart_begun(s3)
    s3.refuses("upload_part", "AccessDenied")
    s3.answers("abort_multipart_upload", {}, **OF_UPLOAD)
    upload = begun(s3.client)
    with pytest.raises(StorageUnavailable, match=r"^S3 could not upload a part: AccessDenied$"):
        upload.write(b"12345")
    upload.abort()
    [line] = log_lines()
    assert (line["event"], line["subject"]) == ("storage_misconfigured", KEY)


@pytest.mark.parametrize(
    ("method", "content", "calls"),
    [
        ("put_object", b"12", ["put_object"]),
        ("upload_part", b"12345", ["create_multipart_upload", "upload_part"]),
        ("create_multipart_upload", b"12345", ["create_multipart_upload"]),
    ],
)
def test_after_a_timeout_s3_is_not_called_again(method, content, calls, log_lines):
    s3 = KeepingS3(**{method: ReadTimeoutError(endpoint_url="http://s3")})
    upload = begun(s3)

    def whole():
        upload.write(content)
        upload.complete()

    with pytest.raises(StorageUnavailable):
        whole()
    upload.abort()
    assert s3.calls == calls
    [line] = log_lines()
    assert (line["event"], line["key"]) == ("upload_left_to_sweep", KEY)
    assert line["error"] == "S3 did not answer in time"


def test_what_an_abort_cannot_remove_is_logged(log_lines):
    s3 = KeepingS3(
        complete_multipart_upload=refusal("InternalError"),
        abort_multipart_upload=refusal("SlowDown"),
        delete_object=refusal("AccessDenied"),
    )
    upload = begun(s3)
    upload.write(b"12345")
    with pytest.raises(StorageUnavailable):
        upload.complete()
    upload.abort()
    assert s3.calls[-2:] == ["abort_multipart_upload", "delete_object"]
    lines = log_lines()
    assert [(line["event"], line["key"]) for line in lines] == [("upload_left_to_sweep", KEY)] * 2
    assert ["SlowDown" in lines[0]["error"], "AccessDenied" in lines[1]["error"]] == [True, True]


@pytest.mark.parametrize(
    "method", ["put_object", "upload_part", "create_multipart_upload", "complete_multipart_upload"]
)
def test_an_answer_without_its_content_is_no_success(method):
    class HollowS3(KeepingS3):
        def __getattr__(self, name):
            return super().__getattr__(name) if name != method else lambda **_: {"RequestCharged": "requester"}

    missing = "UploadId" if method == "create_multipart_upload" else "ETag"
    upload = begun(HollowS3())

    def whole():
        upload.write(b"12" if method == "put_object" else b"12345")
        upload.complete()

    with pytest.raises(StorageUnavailable, match=rf"its answer is malformed \(no {missing}\)$"):
        whole()
