"""The smoke scenario passes against a correct API, and fails against each faulty one."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sim import recordings
from sim.cli.main import main
from sim.smoke.deployed import CheckFailed, Clock, Deadline, Deployed
from sim.smoke.steps import run_smoke

KEY = "key-hunter2"
RECORDING = recordings.all()[0]
TAKE = 7
TRANSCRIPT = recordings.variant_transcript(RECORDING, TAKE)


class Time:
    """Advances only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Api:
    """A fake of the product's API. It is correct unless a test changes it; a memory goes through `states`, one per
    poll."""

    def __init__(self) -> None:
        self.healths: list[httpx.Response | Exception] = [httpx.Response(200, json={"status": "ok", "db": "ok"})]
        self.accepted = httpx.Response(202, json={"id": "m-1", "status": "queued"})
        self.states: list[dict[str, Any] | int] = [
            {"status": "queued"},
            {"status": "processing"},
            {"status": "complete", "transcript": TRANSCRIPT, "analysis": {"summary": "A memo."}},
        ]
        self.delete_status = 204
        self.stored = False
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/api/v1/health":
            return self._health()
        if request.headers["X-API-Key"] != KEY:
            return httpx.Response(401)
        match request.method:
            case "POST":
                request.read()
                self.stored = self.accepted.status_code == 202
                return self.accepted
            case "DELETE":
                self.stored = self.stored and self.delete_status != 204
                return httpx.Response(self.delete_status)
        return self._memory(request) if self.stored else httpx.Response(404)

    def _health(self) -> httpx.Response:
        health = self.healths.pop(0) if len(self.healths) > 1 else self.healths[0]
        if isinstance(health, Exception):
            raise health
        return health

    def _memory(self, request: httpx.Request) -> httpx.Response:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, int):
            return httpx.Response(state)
        etag = f'"{state["status"]}"'
        if request.headers.get("If-None-Match") == etag:
            return httpx.Response(304, headers={"ETag": etag})
        return httpx.Response(200, json={"analysis_state": None, **state}, headers={"ETag": etag})


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def lines() -> list[str]:
    return []


type Smoke = Callable[..., None]


@pytest.fixture
def smoke(api: Api, lines: list[str]) -> Smoke:
    def smoke(within_seconds: float = 60, key: str = KEY) -> None:
        time = Time()
        deadline = Deadline(within_seconds, Clock(lambda: time.seconds, time.sleep))
        deployed = Deployed("http://127.0.0.1:9", key, deadline, httpx.MockTransport(api))
        run_smoke(deployed, RECORDING, TAKE, lambda step, line: lines.append(f"{step}: {line}"))

    return smoke


def test_a_recording_is_processed_and_deleted(smoke: Smoke, api: Api, lines: list[str]) -> None:
    smoke()

    assert [line.partition(":")[0] for line in lines] == ["health", "upload", "processing", "result", "delete"]
    assert "the transcript has 100% of the spoken words, with analysis" in lines[3]
    assert not api.stored
    assert recordings.variant(RECORDING, TAKE) in next(each for each in api.requests if each.method == "POST").content


def test_it_polls_with_the_etag(smoke: Smoke, api: Api, lines: list[str]) -> None:
    api.states[1:1] = [{"status": "queued"}] * 3

    smoke()

    assert "6 polls, 3 unchanged" in lines[2]


def test_it_waits_while_the_deployment_starts(smoke: Smoke, api: Api) -> None:
    api.healths[:0] = [httpx.ConnectError("refused"), httpx.Response(503, json={"db": "down"})]

    smoke()


def test_a_transcript_without_analysis_is_a_result(smoke: Smoke, api: Api, lines: list[str]) -> None:
    api.states[-1:] = [{"status": "transcript_only", "analysis_state": "gave_up", "transcript": TRANSCRIPT}]

    smoke()

    assert "without analysis" in lines[3]


def test_a_transcript_with_a_pending_analysis_is_a_result(smoke: Smoke, api: Api, lines: list[str]) -> None:
    api.states[-1:] = [{"status": "transcript_only", "analysis_state": "pending", "transcript": TRANSCRIPT}]

    smoke()

    assert "still pending" in lines[2]


def fails(change: Callable[[Api], object], message: str, *, removed: bool = True) -> Any:
    return pytest.param(change, message, removed, id=message)


@pytest.mark.parametrize(
    ("change", "message", "removed"),
    [
        fails(
            lambda api: setattr(api, "healths", [httpx.Response(503, json={"db": "down"})]), "not complete after 60 s"
        ),
        fails(lambda api: setattr(api, "healths", [httpx.ConnectError("refused")]), "got no response: ConnectError"),
        fails(lambda api: setattr(api, "healths", [httpx.Response(404)]), "returned 404"),
        fails(
            lambda api: setattr(api, "healths", [httpx.Response(200, text="<html>")]), "did not return a JSON object"
        ),
        fails(lambda api: setattr(api, "accepted", httpx.Response(503, text="no S3")), "503 instead of 202: no S3"),
        fails(lambda api: setattr(api, "accepted", httpx.Response(202, json={})), "without an id", removed=False),
        fails(
            lambda api: setattr(api, "states", [{"status": "queued"}]), "not complete after 60 s: the memory is queued"
        ),
        fails(lambda api: setattr(api, "states", [500]), "not complete after 60 s"),
        fails(lambda api: setattr(api, "states", [404]), "returned 404"),
        fails(lambda api: setattr(api, "states", [{"status": "failed", "failure": {"reason": "x"}}]), "failed: {'reas"),
        fails(
            lambda api: api.states[-1].update(transcript="Something else altogether."),
            "of the spoken words: 'Something",
        ),
        fails(lambda api: api.states[-1].update(transcript=None), "only 0% of the spoken words"),
        fails(lambda api: api.states[-1].update(analysis=None), "without an analysis"),
        fails(lambda api: setattr(api, "delete_status", 500), "500 instead of 204", removed=False),
    ],
)
def test_a_faulty_deployment_fails(
    smoke: Smoke, api: Api, change: Callable[[Api], object], message: str, removed: bool
) -> None:
    change(api)

    with pytest.raises(CheckFailed) as failure:
        smoke()

    assert message in str(failure.value)
    assert KEY not in str(failure.value)
    assert api.stored != removed


def test_a_memory_that_is_not_deleted_fails(smoke: Smoke, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "delete_status", 204)
    stock = api.__class__.__call__

    def keeps_the_memory(self: Api, request: httpx.Request) -> httpx.Response:
        answer = stock(self, request)
        self.stored = self.stored or request.method == "DELETE"
        return answer

    monkeypatch.setattr(Api, "__call__", keeps_the_memory)

    with pytest.raises(CheckFailed, match="200 instead of 404"):
        smoke()


def test_a_wrong_key_fails(smoke: Smoke) -> None:
    with pytest.raises(CheckFailed, match="401 instead of 202"):
        smoke(key="wrong")


# the command line


def test_the_api_key_is_required(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("RAWK_API_KEY", raising=False)

    assert main(["smoke", "--url", "http://127.0.0.1:9"]) == 2
    assert "RAWK_API_KEY is not set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "rawk.example.com"], "is not an address such as"),
        (["--url", "ftp://x"], "is not an address such as"),
        (["--url", "https://x/api"], "is not an address such as"),
        (["--url", "https://x", "--within-seconds", "0"], "from 1 to 86400"),
        ([], "--url"),
    ],
)
def test_bad_input_is_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["smoke", *arguments])

    assert raised.value.code == 2
    assert message in capsys.readouterr().err
