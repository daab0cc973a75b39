"""The smoke scenario against an API that is in order, and against ones that are not: it must tell them apart."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sim import recordings
from sim.cli.main import main
from sim.smoke.deployed import Broken, Clock, Deadline, Deployed
from sim.smoke.steps import play

KEY = "key-hunter2"
RECORDING = recordings.all()[0]
TAKE = 7
TRANSCRIPT = recordings.variant_transcript(RECORDING, TAKE)


class Time:
    """Passes only while somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Api:
    """An API as the product's, in order unless a test says otherwise; a memory goes through `states`, one a poll."""

    def __init__(self) -> None:
        self.healths: list[httpx.Response | Exception] = [httpx.Response(200, json={"status": "ok", "db": "ok"})]
        self.accepted = httpx.Response(202, json={"id": "m-1", "status": "queued"})
        self.states: list[dict[str, Any] | int] = [
            {"status": "queued"},
            {"status": "processing"},
            {"status": "complete", "transcript": TRANSCRIPT, "analysis": {"summary": "A memo."}},
        ]
        self.forgets = 204
        self.stored = False
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
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
                self.stored = self.stored and self.forgets != 204
                return httpx.Response(self.forgets)
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
def told() -> list[str]:
    return []


type Play = Callable[..., None]


@pytest.fixture
def smoke(api: Api, told: list[str]) -> Play:
    def smoke(within_seconds: float = 60, key: str = KEY) -> None:
        time = Time()
        deadline = Deadline(within_seconds, Clock(lambda: time.seconds, time.sleep))
        deployed = Deployed("http://127.0.0.1:9", key, deadline, httpx.MockTransport(api))
        play(deployed, RECORDING, TAKE, lambda step, line: told.append(f"{step}: {line}"))

    return smoke


def test_a_recording_goes_all_the_way_and_is_removed(smoke: Play, api: Api, told: list[str]) -> None:
    smoke()

    assert [line.partition(":")[0] for line in told] == ["health", "upload", "processing", "result", "delete"]
    assert "100% of what is said was heard, with an analysis" in told[3]
    assert not api.stored
    assert recordings.variant(RECORDING, TAKE) in next(each for each in api.asked if each.method == "POST").content


def test_it_polls_by_etag(smoke: Play, api: Api, told: list[str]) -> None:
    api.states[1:1] = [{"status": "queued"}] * 3

    smoke()

    assert "6 polls, 3 unchanged" in told[2]


def test_a_deployment_that_is_still_starting_is_waited_for(smoke: Play, api: Api) -> None:
    api.healths[:0] = [httpx.ConnectError("refused"), httpx.Response(503, json={"db": "down"})]

    smoke()


def test_a_transcript_whose_analysis_was_given_up_is_a_result(smoke: Play, api: Api, told: list[str]) -> None:
    api.states[-1:] = [{"status": "transcript_only", "analysis_state": "gave_up", "transcript": TRANSCRIPT}]

    smoke()

    assert "without an analysis" in told[3]


def test_so_is_one_whose_analysis_takes_its_time(smoke: Play, api: Api, told: list[str]) -> None:
    api.states[-1:] = [{"status": "transcript_only", "analysis_state": "pending", "transcript": TRANSCRIPT}]

    smoke()

    assert "still to come" in told[2]


def breaks(change: Callable[[Api], object], says: str, *, removed: bool = True) -> Any:
    return pytest.param(change, says, removed, id=says)


@pytest.mark.parametrize(
    ("change", "says", "removed"),
    [
        breaks(lambda api: setattr(api, "healths", [httpx.Response(503, json={"db": "down"})]), "not over after 60 s"),
        breaks(lambda api: setattr(api, "healths", [httpx.ConnectError("refused")]), "had no answer: ConnectError"),
        breaks(lambda api: setattr(api, "healths", [httpx.Response(404)]), "answered 404"),
        breaks(lambda api: setattr(api, "healths", [httpx.Response(200, text="<html>")]), "no JSON object"),
        breaks(lambda api: setattr(api, "accepted", httpx.Response(503, text="no S3")), "503 instead of 202: no S3"),
        breaks(lambda api: setattr(api, "accepted", httpx.Response(202, json={})), "without an id", removed=False),
        breaks(lambda api: setattr(api, "states", [{"status": "queued"}]), "not over after 60 s: the memory is queued"),
        breaks(lambda api: setattr(api, "states", [500]), "not over after 60 s"),
        breaks(lambda api: setattr(api, "states", [404]), "answered 404"),
        breaks(
            lambda api: setattr(api, "states", [{"status": "failed", "failure": {"reason": "x"}}]), "failed: {'reas"
        ),
        breaks(lambda api: api.states[-1].update(transcript="Something else altogether."), "was heard: 'Something"),
        breaks(lambda api: api.states[-1].update(transcript=None), "only 0% of what is said"),
        breaks(lambda api: api.states[-1].update(analysis=None), "without an analysis"),
        breaks(lambda api: setattr(api, "forgets", 500), "500 instead of 204", removed=False),
    ],
)
def test_what_is_broken_is_found(
    smoke: Play, api: Api, change: Callable[[Api], object], says: str, removed: bool
) -> None:
    change(api)

    with pytest.raises(Broken) as broken:
        smoke()

    assert says in str(broken.value)
    assert KEY not in str(broken.value)
    assert api.stored != removed


def test_a_memory_that_does_not_go_away_is_found(smoke: Play, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "forgets", 204)
    forgotten = api.__class__.__call__

    def remembers(self: Api, request: httpx.Request) -> httpx.Response:
        answer = forgotten(self, request)
        self.stored = self.stored or request.method == "DELETE"
        return answer

    monkeypatch.setattr(Api, "__call__", remembers)

    with pytest.raises(Broken, match="200 instead of 404"):
        smoke()


def test_a_wrong_key_is_found(smoke: Play) -> None:
    with pytest.raises(Broken, match="401 instead of 202"):
        smoke(key="wrong")


# the command line


def test_it_wants_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("RAWK_API_KEY", raising=False)

    assert main(["smoke", "--url", "http://127.0.0.1:9"]) == 2
    assert "RAWK_API_KEY is not set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--url", "rawk.example.com"], "is no address such as"),
        (["--url", "ftp://x"], "is no address such as"),
        (["--url", "https://x/api"], "is no address such as"),
        (["--url", "https://x", "--within-seconds", "0"], "from 1 to 86400"),
        ([], "--url"),
    ],
)
def test_bad_input_is_refused(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["smoke", *arguments])

    assert left.value.code == 2
    assert says in capsys.readouterr().err
