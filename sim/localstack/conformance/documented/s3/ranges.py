"""S3: the header Range, which is ignored where it is no range of bytes."""

from sim.localstack.conformance.documented.registry import Checks, expect
from sim.localstack.conformance.documented.requests import Http, bucket, signed
from sim.localstack.conformance.target import Target

RANGES = Checks("S3", "https://docs.aws.amazon.com/AmazonS3/latest/API/")

PAGE = "API_GetObject.html"
WHOLE = "content"
"""What the object `one` of a bucket holds."""

ANSWERS = {
    **dict.fromkeys(
        (
            *("lines=1-2", "byte=1-2", "1-2", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "bytes=3-1"),
            *("bytes=0_1-2", "bytes=+1-2", "bytes=1-2-3", "bytes=1.0-2"),
        ),
        WHOLE,
    ),
    "bytes=1-2": "on",
    "Bytes=1-2": "on",
    "bytes=5-": "nt",
    "bytes=-2": "nt",
    "bytes=0-100": WHOLE,
}
for _range, _content in ANSWERS.items():

    @RANGES.check(f"GetObject with Range: {_range} gives {'all' if _content == WHOLE else _content}", PAGE)
    def answered(target: Target, given: str = _range, content: str = _content) -> None:
        with bucket(target) as name:
            plain = Http("GET", f"/{name}/one", {"Range": given})
            expect("the content", signed(target, "s3", plain).send(target), content)
