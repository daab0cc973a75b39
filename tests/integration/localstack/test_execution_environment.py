"""Both runtimes, awslambdaric and our own loop, keep one contract; the tests need no LocalStack."""

import json
import os
import sys
import textwrap
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.localstack.extension.rawk_emulator.lambda_.execution_environment import (
    ExecutionEnvironment,
    FunctionSettings,
    Outcome,
)
from sim.localstack.extension.rawk_emulator.lambda_.log_pipe import LogPipe
from sim.localstack.extension.rawk_emulator.lambda_.process_reaper import ProcessReaper
from sim.localstack.extension.rawk_emulator.lambda_.runtime_api import MAX_RESPONSE_BYTES, Invocation

from .conftest import eventually

Make = Callable[..., ExecutionEnvironment]

ARN = "arn:aws:lambda:us-east-1:000000000000:function:memories"


@pytest.fixture(params=["awslambdaric", "python"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Make an execution environment from a module's source, under each runtime."""
    if request.param == "awslambdaric":
        pytest.importorskip("runtime_client", reason="awslambdaric has wheels for Linux only")
    made: list[ExecutionEnvironment] = []
    reaper = ProcessReaper()

    def make(source: str, timeout_seconds: float = 10, log_format: str = "Text") -> ExecutionEnvironment:
        task_root = tmp_path / "task root"
        task_root.mkdir()
        (task_root / "module.py").write_text(textwrap.dedent(source), encoding="utf-8")
        environment = {"AWS_LAMBDA_FUNCTION_NAME": "memories", "SIM_LAMBDA_RUNTIME": request.param}
        settings = FunctionSettings(
            name="memories",
            version="$LATEST",
            handler="module.handler",
            task_root=task_root,
            timeout_seconds=timeout_seconds,
            memory_size_mb=128,
            environment=environment,
            log_format=log_format,
        )
        made.append(ExecutionEnvironment(settings, tmp_path / "tmp", reaper))
        return made[-1]

    yield make
    for each in made:
        each.stop()
    reaper.close()


def run(environment: ExecutionEnvironment, event: object = None) -> Outcome:
    return environment.run(Invocation(str(uuid.uuid4()), ARN, json.dumps(event).encode(), "Root=1-2-3;Sampled=1"))


def test_event_context_and_answer(environment: Make) -> None:
    outcome = run(
        environment("""
            import os

            def handler(event, context):
                return {
                    "event": event,
                    "arn": context.invoked_function_arn,
                    "name": context.function_name,
                    "remaining": context.get_remaining_time_in_millis(),
                    "trace": os.environ["_X_AMZN_TRACE_ID"],
                }
        """),
        {"text": "größe 😀"},
    )
    answer = json.loads(outcome.payload)

    assert not outcome.is_error
    assert answer["event"] == {"text": "größe 😀"}
    assert answer["arn"] == ARN
    assert answer["name"] == "memories"
    assert 9_000 < answer["remaining"] <= 10_000
    assert answer["trace"] == "Root=1-2-3;Sampled=1"


def test_an_error_of_the_handler(environment: Make) -> None:
    failing = environment("""
        def deeper():
            raise LookupError("gone")

        def handler(event, context):
            deeper()
    """)
    outcome = run(failing)
    error = json.loads(outcome.payload)

    assert outcome.is_error
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "gone")
    assert len(error["stackTrace"]) == 2
    assert error["stackTrace"][0].startswith('  File "/var/task/module.py", line 6, in handler')
    assert "[ERROR] LookupError: gone" in outcome.logs
    assert run(failing).is_error


def test_an_answer_that_json_cannot_express(environment: Make) -> None:
    error = json.loads(run(environment("def handler(event, context):\n    return {1, 2}\n")).payload)

    assert error["errorType"] == "Runtime.MarshalError"


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("import no_such_module\n", "Runtime.ImportModuleError", "Unable to import module 'module'"),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'module'"),
        ("raise OSError('at import')\n", "OSError", "at import"),
    ],
)
def test_a_function_that_cannot_be_loaded(source: str, kind: str, words: str, environment: Make) -> None:
    broken = environment(source)
    for _ in range(2):
        outcome = run(broken)
        error = json.loads(outcome.payload)

        assert outcome.is_error
        assert error["errorType"] == kind
        assert words in error["errorMessage"]


def test_output_belongs_to_its_invocation(environment: Make) -> None:
    talkative = environment("""
        import sys

        print("while loading")

        def handler(event, context):
            print("handling", event)
            sys.stderr.write("complaint\\n")
    """)
    first, second = run(talkative, 1).logs, run(talkative, 2).logs

    assert [line for line in first.splitlines() if "REQUESTID" not in line.upper()] == [
        "while loading",
        "handling 1",
        "complaint",
    ]
    assert "handling 2" in second
    assert "handling 1" not in second
    assert "Init Duration" in first
    assert "Init Duration" not in second


def test_a_timeout_while_loading(environment: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.localstack.extension.rawk_emulator.lambda_.execution_environment.INIT_LIMIT_SECONDS", 0.2)
    outcome = run(environment("import time\ntime.sleep(60)\ndef handler(event, context): pass\n", timeout_seconds=0.2))

    assert outcome.is_error
    assert json.loads(outcome.payload)["errorType"] == "ExecutionEnvironment.Timedout"


def test_temporary_files_outlive_a_crash_but_not_the_environment(environment: Make, tmp_path: Path) -> None:
    mortal = environment("""
        import os, pathlib, tempfile

        def handler(event, context):
            scratch = pathlib.Path(tempfile.gettempdir(), "scratch")
            if event == "write and die":
                scratch.write_text("kept")
                os._exit(1)
            return scratch.read_text()
    """)
    assert run(mortal, "write and die").is_error
    assert json.loads(run(mortal).payload) == "kept"
    mortal.stop()
    assert not (tmp_path / "tmp").exists()


def test_output_before_the_answer_is_in_the_log_of_the_answer() -> None:
    reading, writing = os.pipe()
    pipe = LogPipe(os.fdopen(reading, "rb"))
    for number in range(500):
        os.write(writing, b"line %d" % number)
        assert pipe.take() == f"line {number}"
    os.close(writing)
    pipe.wait_for_end(limit_seconds=5)


def test_a_crash_leaves_no_runtime_api_behind(environment: Make) -> None:
    mortal = environment("import os\ndef handler(event, context):\n    os._exit(1)\n")
    for _ in range(3):
        assert run(mortal).is_error

    eventually(lambda: "runtime-api" not in {thread.name for thread in threading.enumerate()})


def test_an_answer_that_is_too_large(environment: Make) -> None:
    too_large = f"def handler(event, context):\n    return 'x' * {MAX_RESPONSE_BYTES}\n"

    error = json.loads(run(environment(too_large)).payload)

    assert error["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_function_that_logs_in_json_gets_platform_lines_in_json(environment: Make) -> None:
    outcome = run(environment("def handler(event, context): pass\n", log_format="JSON"))
    start, report = (json.loads(line) for line in outcome.logs.splitlines())

    assert start["type"] == "platform.start"
    assert report["type"] == "platform.report"
    assert report["record"]["status"] == "success"
    assert report["record"]["metrics"]["memorySizeMB"] == 128


def test_the_configured_interpreter_is_used(environment: Make) -> None:
    answer = json.loads(
        run(environment("import sys\ndef handler(event, context):\n    return [sys.executable, sys.path]\n")).payload
    )

    assert answer[0] == sys.executable
    assert not any("rawk_emulator" in folder for folder in answer[1])
