"""Functions as processes: what a caller of Lambda sees of their lifecycle."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from sim.localstack.functions import zip_of

from .conftest import ROLE, Client, Function, eventually, package, public_url

Make = Callable[..., Function]

ECHO = """
    import os

    def handler(event, context):
        return {"event": event, "pid": os.getpid()}
"""


def test_a_function_gets_its_event_and_returns_its_answer(function: Make) -> None:
    answer = function(ECHO).invoke({"text": "größe 😀", "number": 1.5})

    assert answer.error is None
    assert answer.payload["event"] == {"text": "größe 😀", "number": 1.5}


def test_a_warm_environment_is_reused(function: Make) -> None:
    echo = function(ECHO)
    pids = {echo.invoke().payload["pid"] for _ in range(3)}

    assert len(pids) == 1


def test_a_handler_error_is_reported_as_aws_does(function: Make) -> None:
    answer = function("""
        def handler(event, context):
            raise ValueError("no such memory")
    """).invoke()

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "ValueError"
    assert answer.payload["errorMessage"] == "no such memory"
    assert "module.py" in answer.payload["stackTrace"][0]
    assert "[ERROR] ValueError: no such memory" in answer.log


def test_after_a_handler_error_the_same_process_is_reused(function: Make) -> None:
    moody = function("""
        import os

        def handler(event, context):
            if event == "fail":
                raise RuntimeError(os.getpid())
            return os.getpid()
    """)

    assert moody.invoke("fail").payload["errorMessage"] == str(moody.invoke().payload)


def test_a_module_that_cannot_be_imported_is_an_init_error(function: Make) -> None:
    broken = function("import nothing_of_that_name\n")

    for _ in range(2):
        answer = broken.invoke()
        assert answer.error == "Unhandled"
        assert answer.payload["errorType"] == "Runtime.ImportModuleError"
        assert "No module named 'nothing_of_that_name'" in answer.payload["errorMessage"]
        assert "REPORT RequestId" in answer.log


def test_an_exception_at_import_is_an_init_error(function: Make) -> None:
    answer = function('raise KeyError("SETTING")\n').invoke()

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "KeyError"


@pytest.mark.parametrize(
    ("death", "words"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_process_that_ends_is_a_crash_and_the_next_call_has_a_new_one(function: Make, death: str, words: str) -> None:
    mortal = function(f"""
        import os, sys

        def handler(event, context):
            print("last words")
            if event == "die":
                {death}
            return os.getpid()
    """)
    before = mortal.invoke().payload
    answer = mortal.invoke("die")
    after = mortal.invoke().payload

    assert answer.error == "Unhandled"
    if "sys.exit" in death:
        # awslambdaric ends the process; its own message is AWS's, too.
        assert answer.payload["errorType"] == "Runtime.ExitError"
    assert words in answer.payload["errorMessage"]
    assert "last words" in answer.log
    assert before != after


@pytest.mark.parametrize("lingers_seconds", [0, 15], ids=["for a moment", "and stays"])
def test_a_function_beyond_its_memory_size_is_killed_with_awss_error(function: Make, lingers_seconds: int) -> None:
    hungry = function(f"""
        import os, time

        def handler(event, context):
            if event:
                taken = b"x" * (event << 20)
                time.sleep({lingers_seconds})
            return os.getpid()
    """)
    first = hungry.invoke()
    killed = hungry.invoke(256)
    second = hungry.invoke()

    assert first.error is None
    assert killed.error == "Unhandled"
    assert killed.payload["errorType"] == "Runtime.OutOfMemory"
    assert re.fullmatch(
        r"RequestId: [\w-]+ Error: Runtime exited with error: signal: killed", killed.payload["errorMessage"]
    )
    assert "Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory" in killed.log
    assert not _is_running(first.payload)
    assert second.error is None, "the next invocation has a new process"


def test_the_memory_of_child_processes_counts_too(function: Make) -> None:
    parent = function("""
        import subprocess, sys

        def handler(event, context):
            subprocess.run([sys.executable, "-c", "import time; taken = b'x' * (256 << 20); time.sleep(15)"])
    """)

    assert parent.invoke().payload["errorType"] == "Runtime.OutOfMemory"


def test_a_function_within_its_memory_size_runs(function: Make) -> None:
    modest = function("def handler(event, context):\n    return len(b'x' * (256 << 20))\n", MemorySize=512)

    assert modest.invoke().payload == 256 << 20


def test_a_timeout_kills_the_process_and_all_it_started(function: Make) -> None:
    slow = function(
        """
        import os, subprocess, time

        def handler(event, context):
            if event == "hang":
                child = subprocess.Popen(["sleep", "300"])
                print("child", child.pid)
                time.sleep(300)
            return [os.getpid(), context.get_remaining_time_in_millis()]
        """,
        timeout_seconds=1,
    )
    before, remaining_ms = slow.invoke().payload
    began = time.monotonic()
    answer = slow.invoke("hang")
    took_seconds = time.monotonic() - began

    assert 0 < remaining_ms <= 1000
    assert answer.error == "Unhandled"
    assert re.search(
        r"\d{4}-\d\d-\d\dT.*Z [0-9a-f-]{36} Task timed out after 1\.00 seconds", answer.payload["errorMessage"]
    )
    assert "Task timed out after 1.00 seconds" in answer.log
    assert 0.95 < took_seconds < 3
    child = int(re.search(r"child (\d+)", answer.log)[1])  # type: ignore[index]
    eventually(lambda: not _is_running(before) and not _is_running(child))
    assert slow.invoke().payload[0] != before


def test_the_environment_has_lambdas_variables_and_none_of_the_emulators(function: Make) -> None:
    environment = function(
        """
        import os, sys, tempfile

        def handler(event, context):
            with open(os.path.join(tempfile.gettempdir(), "scratch"), "w") as file:
                file.write("mine")
            return {"variables": dict(os.environ), "path": sys.path, "tmp": tempfile.gettempdir()}
        """,
        Environment={"Variables": {"AUDIO_BUCKET": "bucket with blanks"}},
        MemorySize=256,
    )
    seen = environment.invoke().payload
    variables = seen["variables"]

    assert variables["AUDIO_BUCKET"] == "bucket with blanks"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == environment.name
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["AWS_REGION"] == "us-east-1"
    assert variables["_HANDLER"] == "module.handler"
    assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} <= set(variables)
    assert seen["path"][0] == variables["LAMBDA_TASK_ROOT"]
    assert seen["tmp"] == variables.get("TMPDIR", "/tmp")
    assert not {"GATEWAY_LISTEN", "SQS_ENDPOINT_STRATEGY", "FILESYSTEM_ROOT"} & set(variables)
    assert not any("rawk_emulator" in folder for folder in seen["path"])


def test_logs_go_to_cloudwatch_logs(function: Make, client: Client) -> None:
    talkative = function("""
        import logging, sys

        def handler(event, context):
            print("to stdout")
            print("to stderr", file=sys.stderr)
            logging.getLogger().warning("to the logger")
    """)
    answer = talkative.invoke()
    lines = eventually(lambda: _log_lines(client("logs"), talkative.log_group))

    assert lines[0].startswith("START RequestId:")
    assert "to stdout" in lines[1]
    assert "to stderr" in lines[2]
    assert lines[3].startswith("[WARNING]")
    assert lines[3].endswith("to the logger")
    assert lines[4].startswith("END RequestId:")
    assert re.search(
        r"Duration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: [1-9]", lines[5]
    )
    assert "Init Duration" in lines[5]
    assert answer.log.splitlines() == lines


def test_new_code_replaces_the_processes(function: Make, client: Client) -> None:
    versioned = function("import os\ndef handler(event, context):\n    return ['old', os.getpid()]\n")
    _, old_pid = versioned.invoke().payload
    client("lambda").update_function_code(
        FunctionName=versioned.name, ZipFile=package("def handler(event, context):\n    return 'new'\n")
    )

    assert eventually(lambda: versioned.invoke().payload == "new")
    eventually(lambda: not _is_running(old_pid))


def test_old_code_finishes_its_invocation_during_an_update(function: Make, client: Client, notebook: Path) -> None:
    patient = function(f"""
        import time
        from pathlib import Path

        def handler(event, context):
            Path({str(notebook)!r}).write_text("begun")
            time.sleep(0.7)
            return "old and done"
    """)
    with ThreadPoolExecutor(1) as caller:
        under_way = caller.submit(patient.invoke)
        eventually(notebook.read_text)
        client("lambda").update_function_code(
            FunctionName=patient.name, ZipFile=package("def handler(event, context):\n    return 'new'\n")
        )
        assert under_way.result().payload == "old and done"
    assert eventually(lambda: patient.invoke().payload == "new")


def test_five_parallel_invocations_run_in_five_processes(function: Make) -> None:
    slow = function("""
        import os, time

        def handler(event, context):
            time.sleep(0.5)
            return os.getpid()
    """)
    with ThreadPoolExecutor(5) as callers:
        pids = {answer.payload for answer in callers.map(lambda _: slow.invoke(), range(5))}

    assert len(pids) == 5


def test_reserved_concurrency_throttles(function: Make, client: Client) -> None:
    echo = function(ECHO)
    functions = client("lambda")
    functions.put_function_concurrency(FunctionName=echo.name, ReservedConcurrentExecutions=0)
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        echo.invoke()
    functions.delete_function_concurrency(FunctionName=echo.name)

    assert echo.invoke().error is None


def test_reserved_concurrency_limits_parallel_invocations(function: Make, client: Client, notebook: Path) -> None:
    slow = function(f"""
        import time
        from pathlib import Path

        def handler(event, context):
            with open({str(notebook)!r}, "a") as file:
                file.write("begun ")
            time.sleep(1)
    """)
    functions = client("lambda")
    functions.put_function_concurrency(FunctionName=slow.name, ReservedConcurrentExecutions=2)
    with ThreadPoolExecutor(2) as callers:
        under_way = [callers.submit(slow.invoke) for _ in range(2)]
        eventually(lambda: notebook.read_text().split() == ["begun"] * 2)
        with pytest.raises(functions.exceptions.TooManyRequestsException) as refused:
            slow.invoke()
        assert [each.result().error for each in under_way] == [None, None]

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert refused.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert slow.invoke().error is None


def test_the_remaining_time_decreases_towards_the_deadline(function: Make) -> None:
    watching = function(
        """
        import time

        def handler(event, context):
            first = context.get_remaining_time_in_millis()
            time.sleep(0.5)
            return [first, context.get_remaining_time_in_millis()]
        """,
        timeout_seconds=3,
    )
    first, later = watching.invoke().payload

    assert 2500 < first <= 3000
    assert 400 < first - later < 1500


def test_new_settings_reach_the_next_invocation(function: Make, client: Client) -> None:
    set_up = function(
        "import os\ndef handler(event, context):\n    return [os.environ['MOOD'], context.memory_limit_in_mb]\n",
        Environment={"Variables": {"MOOD": "fair"}},
    )
    assert set_up.invoke().payload == ["fair", "128"]
    client("lambda").update_function_configuration(
        FunctionName=set_up.name, Environment={"Variables": {"MOOD": "foul"}}, MemorySize=256
    )

    assert eventually(lambda: set_up.invoke().payload == ["foul", "256"])


def test_a_layers_modules_are_found(function: Make, client: Client) -> None:
    layer = client("lambda").publish_layer_version(
        LayerName="words", Content={"ZipFile": zip_of({"python/words.py": "GREETING = 'good day'\n"})}
    )
    user = function(
        "import words\ndef handler(event, context):\n    return words.GREETING\n",
        Layers=[layer["LayerVersionArn"]],
    )

    assert user.invoke().payload == "good day"


def test_provisioned_concurrency_initialises_before_the_first_invocation(function: Make, client: Client) -> None:
    functions = client("lambda")
    source = """
        import os

        if os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == os.environ.get("FAILS_WHEN"):
            raise RuntimeError("not today")

        def handler(event, context):
            return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
    """

    def provisioned(**settings: Any) -> tuple[Function, str]:
        name = function(source, Publish=True, **settings).name
        of_version = {"FunctionName": name, "Qualifier": "1"}
        functions.put_provisioned_concurrency_config(**of_version, ProvisionedConcurrentExecutions=1)

        def status() -> str:
            config = functions.get_provisioned_concurrency_config(**of_version)
            return "" if config["Status"] == "IN_PROGRESS" else str(config["Status"])

        return Function(f"{name}:1", functions), eventually(status)

    ready, status = provisioned()
    assert (status, ready.invoke().payload) == ("READY", "provisioned-concurrency")
    failing, status = provisioned(Environment={"Variables": {"FAILS_WHEN": "provisioned-concurrency"}})
    assert (status, failing.invoke().payload) == ("FAILED", "on-demand")


def test_an_unsupported_runtime_is_reported(client: Client) -> None:
    functions = client("lambda")
    functions.create_function(
        FunctionName="foreign", Runtime="nodejs22.x", Handler="index.handler", Role=ROLE, Code={"ZipFile": package("")}
    )
    answer = Function("foreign", functions).invoke()
    functions.delete_function(FunctionName="foreign")

    assert answer.error == "Unhandled"
    assert "nodejs22.x needs LocalStack with Docker" in answer.payload["errorMessage"]


def test_a_function_url_can_be_reached(function: Make, client: Client) -> None:
    web = function("def handler(event, context):\n    return event['rawPath']\n")
    parts = urlsplit(public_url(client("lambda"), web.name))
    assert (parts.hostname or "").endswith(".lambda-url.us-east-1.localhost.localstack.cloud")

    # Name servers know its name, and this test does without them.
    here = httpx.get(f"http://127.0.0.1:{parts.port}/some/path", headers={"Host": parts.netloc}, trust_env=False)
    assert here.text == "/some/path"


def test_a_deleted_function_leaves_no_process(function: Make, client: Client) -> None:
    short_lived = function(ECHO)
    pid = short_lived.invoke().payload["pid"]
    client("lambda").delete_function(FunctionName=short_lived.name)

    eventually(lambda: not _is_running(pid))


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _log_lines(logs: Any, group: str) -> list[str]:
    try:
        events = logs.filter_log_events(logGroupName=group)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"].rstrip("\n") for event in events]
