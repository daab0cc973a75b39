"""A web application as a function: the emulator replaces the Lambda Web Adapter, behind a Function URL."""

import base64
import json
import os
import textwrap
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE, Client, public_url

RUN_SH = """\
#!/bin/sh
exec python3 -m uvicorn app:app --host 127.0.0.1 --port "${PORT:-8080}" --no-access-log
"""

APP = """
import os, signal, sys, time
from fastapi import FastAPI, Request, Response

print("the application starts", flush=True)
app = FastAPI()

@app.get("/healthz")
def healthz():
    return {}

@app.api_route("/echo/{rest:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
async def echo(request: Request):
    body = await request.body()
    return {
        "method": request.method,
        "path": request.url.path,
        "query": request.query_params.multi_items(),
        "headers": dict(request.headers),
        "cookies": request.cookies,
        "body": body.decode("latin-1"),
        "pid": os.getpid(),
    }

@app.get("/bytes/{count}")
def some_bytes(count: int):
    return Response(bytes(range(256)) * (count // 256), media_type="application/octet-stream")

@app.get("/cookies")
def cookies(response: Response):
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    response.headers.append("x-many", "a")
    response.headers.append("x-many", "b")
    return {}

@app.get("/status/{code}")
def status(code: int):
    return Response(status_code=code)

@app.get("/die/{how}")
def die(how: str):
    print("last words", flush=True)
    os._exit(3) if how == "exit" else os.kill(os.getpid(), signal.SIGKILL)

@app.get("/sleep/{seconds}")
def sleep(seconds: float):
    time.sleep(seconds)
    return {}
"""


class WebFunction:
    """A function, and how to call it: names below LocalStack's may not resolve, so by address and `Host`."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.host = name, urlsplit(url).netloc
        self._address = f"http://127.0.0.1:{urlsplit(url).port}"

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = [*options.pop("headers", []), ("Host", self.host)]
        return httpx.request(method, self._address + path, headers=headers, trust_env=False, timeout=60, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)


Make = Callable[..., WebFunction]


@pytest.fixture
def web(client: Client) -> Iterator[Make]:
    functions, made = client("lambda"), []

    def make(files: dict[str, str] | None = None, timeout: int = 30, **env: str) -> WebFunction:
        name = f"web-{uuid.uuid4().hex[:8]}"
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="run.sh",
            Role=ROLE,
            Timeout=timeout,
            MemorySize=512,
            Environment={
                "Variables": {
                    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
                    "AWS_LWA_READINESS_CHECK_PATH": "/healthz",
                    **env,
                }
            },
            Code={"ZipFile": zip_with_modes({"run.sh": RUN_SH, "app.py": APP, **(files or {})})},
        )
        made.append(name)
        return WebFunction(name, public_url(functions, name))

    yield make
    for name in made:
        with suppress(ClientError):
            functions.delete_function(FunctionName=name)


def zip_with_modes(files: dict[str, str]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, textwrap.dedent(source))
    return buffer.getvalue()


def log_of(client: Client, function: WebFunction) -> str:
    events = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
    return "\n".join(event["message"].rstrip("\n") for event in events)


def test_request_and_answer_are_complete(web: Make, client: Client) -> None:
    function = web()
    sent = bytes(range(256))
    answer = function.ask(
        "POST",
        "/echo/a%20path/ü?tag=one&tag=two&blank=&sign=%26",
        headers=[("x-seen", "1"), ("x-seen", "2"), ("cookie", "a=1; b=2"), ("content-type", "audio/wav")],
        content=sent,
    )

    seen = answer.json()
    assert answer.status_code == 200
    assert seen["method"] == "POST"
    assert seen["path"] == "/echo/a path/ü"
    assert seen["query"] == [["tag", "one"], ["tag", "two"], ["blank", ""], ["sign", "&"]]
    assert seen["headers"]["x-seen"] == "1,2"
    assert seen["headers"]["host"] == function.host
    assert function.name in seen["headers"]["x-amzn-lambda-context"]
    assert seen["cookies"] == {"a": "1", "b": "2"}
    assert seen["body"].encode("latin-1") == sent
    assert "the application starts" in log_of(client, function)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_one_warm_application_gets_every_method(web: Make, method: str) -> None:
    function = web()
    first = function.ask(method, "/echo/here", json={"n": 1} if method in ("POST", "PUT", "PATCH") else None).json()

    assert first["method"] == method
    assert function.get("/echo/here").json()["pid"] == first["pid"]


def test_bytes_cookies_and_repeated_headers_are_kept(web: Make) -> None:
    function = web()

    assert function.get("/bytes/1024").content == bytes(range(256)) * 4
    answer = function.get("/cookies")
    assert [each.partition(";")[0] for each in answer.headers.get_list("set-cookie")] == ["one=1", "two=2"]
    assert answer.headers["x-many"] == "a, b"
    assert function.get("/status/418").status_code == 418
    assert function.get("/nowhere").json() == {"detail": "Not Found"}


def test_more_than_six_megabytes_are_refused_both_ways(web: Make) -> None:
    function = web()
    fits = os.urandom(4_500_000)  # a third more in base64, and the envelope
    assert function.ask("POST", "/echo/", content=fits, headers=[("content-type", "audio/wav")]).status_code == 502
    # The request fits; the answer is six megabytes of text and its escapes.
    assert function.ask("POST", "/status/", content=fits, headers=[("content-type", "audio/wav")]).status_code == 404

    large = function.ask("POST", "/echo/", content=os.urandom(4_800_000), headers=[("content-type", "audio/wav")])
    assert large.status_code == 413
    assert large.json() == {"Message": "Request must be smaller than 6291456 bytes for the InvokeFunction operation"}

    assert function.get("/bytes/4500224").status_code == 200
    too_much = function.get("/bytes/4800000")
    assert too_much.status_code == 502
    assert function.get("/status/200").status_code == 200  # the function still works


@pytest.mark.parametrize(("how", "words"), [("exit", "exit status 3"), ("kill", "signal: killed")])
def test_an_application_that_ends_is_a_crash_and_the_next_request_has_a_new_one(
    web: Make, client: Client, how: str, words: str
) -> None:
    function = web()
    before = function.get("/echo/").json()["pid"]

    assert function.get(f"/die/{how}").status_code == 502
    assert function.get("/echo/").json()["pid"] != before
    assert "last words" in log_of(client, function)
    assert words in log_of(client, function)


def test_the_deadline_ends_a_request(web: Make, client: Client) -> None:
    function = web(timeout=2)
    before = function.get("/echo/").json()["pid"]

    assert function.get("/sleep/30").status_code == 502
    assert "Task timed out after 2.00 seconds" in log_of(client, function)
    assert function.get("/echo/").json()["pid"] != before


def test_a_status_declared_an_error_fails_the_invocation(web: Make) -> None:
    function = web(AWS_LWA_ERROR_STATUS_CODES="500,502-504")

    assert function.get("/status/503").text == "Internal Server Error"
    assert function.get("/status/501").status_code == 501


WRITE = """
import tempfile

@app.get("/write/{path:path}")
def write(path: str):
    try:
        with open(os.path.expandvars(path.replace("$TMP", tempfile.gettempdir())), "w") as file:
            file.write("x")
    except OSError as error:
        return error.strerror
    return sorted(name for name in os.environ if name.startswith("SIM_"))
"""


def test_an_application_writes_to_tmp_and_not_to_its_code(web: Make) -> None:
    function = web({"app.py": APP + WRITE})

    assert function.get("/write/$LAMBDA_TASK_ROOT/new").json() == "Read-only file system"
    assert function.get("/write/new").json() == "Read-only file system"
    assert function.get("/write/$TMP/new").json() == []


def test_an_event_that_is_not_a_request_is_posted_to_its_path(web: Make, client: Client) -> None:
    events = '\n@app.post("/events")\nasync def events(request: Request):\n    return {"got": await request.json()}\n'
    function = web({"app.py": APP + events})

    answer = client("lambda").invoke(FunctionName=function.name, Payload=b'{"source": "a schedule"}')
    seen = answer["Payload"].read().decode()
    assert '\\"got\\":{\\"source\\":\\"a schedule\\"}' in seen


def test_a_handler_that_cannot_be_run_is_reported(web: Make, client: Client) -> None:
    function = web({"run.sh": "#!/no/such/shell\n"})

    assert function.get("/").status_code == 502
    assert "/opt/bootstrap: run.sh cannot be run: No such file or directory" in log_of(client, function)
    assert "exit status 126" in log_of(client, function)


def test_an_application_that_never_answers_is_an_init_timeout(web: Make, client: Client) -> None:
    function = web({"run.sh": "#!/bin/sh\necho only sleeping\nsleep 60\n"}, timeout=1)

    assert function.get("/").status_code == 502
    assert "only sleeping" in log_of(client, function)
    assert "Task timed out after 1.00 seconds" in log_of(client, function)


def test_a_function_url_is_created_described_updated_and_deleted(web: Make, client: Client) -> None:
    function, functions = web(), client("lambda")

    seen = functions.get_function_url_config(FunctionName=function.name)
    assert (seen["AuthType"], seen["InvokeMode"]) == ("NONE", "BUFFERED")
    changed = functions.update_function_url_config(
        FunctionName=function.name, Cors={"AllowOrigins": ["https://app.example"], "AllowMethods": ["GET"]}
    )
    assert changed["FunctionUrl"] == seen["FunctionUrl"]
    assert functions.get_function_url_config(FunctionName=function.name)["Cors"]["AllowMethods"] == ["GET"]
    assert function.get("/status/204").status_code == 204

    functions.delete_function_url_config(FunctionName=function.name)
    assert function.get("/status/204").status_code == 403
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function_url_config(FunctionName=function.name)


def test_only_bodies_that_are_not_text_are_base64(client: Client, web: Make) -> None:
    """What another client of the function sees: the result as AWS's adapter returns it."""
    function = web()
    event = {"requestContext": {"http": {"method": "GET"}}, "rawPath": "/bytes/256", "headers": {}}
    answer = client("lambda").invoke(FunctionName=function.name, Payload=json.dumps(event))

    result = json.loads(answer["Payload"].read())
    assert result["isBase64Encoded"] is True
    assert base64.b64decode(result["body"]) == bytes(range(256))
