"""A crash of the product is found in its logs, with the error, file and line. Errors that it foresees are no
crashes."""

import json
from pathlib import Path

import pytest

from sim.pytest_plugin.product_crashes import crashes_in_logs, crashes_in_text

JSON_LINE = {
    "event": "job_crashed",
    "exception": "KeyError",
    "stack": [
        "/var/task/rawk/worker/batch.py:48 _handle",
        "/x/lambda/packages/d5c595489f4a/code/rawk/use_cases/processing/handler.py:120 handle",
        "/usr/lib/python3.13/json/decoder.py:3 decode",
        "KeyError",
    ],
}
LAMBDA_ERROR = (
    "[ERROR] {kind}: {text}\rTraceback (most recent call last):\r"
    '  File "/var/task/rawk/aws_lambda.py", line 43, in relay_handler\r    return asdict(_recovery().run())\r'
    '  File "/usr/lib/python3.13/contextlib.py", line 141, in __enter__\r    return next(self.gen)\n'
)
COMMAND = """rawk dlq list exited 1:
Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "/home/me/rawk/src/rawk/cli.py", line 30, in main
    options.run(options)
ZeroDivisionError: division by zero
"""


def found(text: str) -> list[str]:
    return [str(each) for each in crashes_in_text(text, "worker")]


@pytest.mark.parametrize(
    ("text", "crash"),
    [
        (json.dumps(JSON_LINE), "KeyError at rawk/use_cases/processing/handler.py:120 (worker, job_crashed)"),
        (
            LAMBDA_ERROR.format(kind="ValueError", text="no such"),
            "ValueError: no such at rawk/aws_lambda.py:43 (worker)",
        ),
        (COMMAND, "ZeroDivisionError: division by zero at rawk/cli.py:30 (worker)"),
    ],
    ids=["the product's log", "Lambda's runtime client", "output of a command"],
)
def test_an_exception_that_the_product_does_not_foresee_is_a_crash(text: str, crash: str) -> None:
    assert found(f"before\n{text}\nafter") == [f"the product crashed: {crash}"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({**JSON_LINE, "exception": "DatabaseUnavailable"}),
        LAMBDA_ERROR.format(kind="DatabaseUnavailable", text="connection failed"),
        COMMAND.replace("ZeroDivisionError", "rawk.domain.errors.QueueUnavailable"),
        COMMAND.replace("src/rawk/cli.py", "sim/localstack/server.py"),
        '{"event": "job_done", "attempts": 1}',
        '{"stack": [half a line',
    ],
)
def test_foreseen_errors_and_errors_of_others_are_no_crashes(text: str) -> None:
    assert found(text) == []


def test_the_logs_of_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_text("INFO: started\n")
    (tmp_path / "relay.log").write_text(LAMBDA_ERROR.format(kind="ValueError", text="no such"), newline="")

    (crash,) = crashes_in_logs([tmp_path, tmp_path / "none"])

    assert crash.process == "relay"
    assert (
        crash.with_stack.splitlines()[0] == "the product crashed: ValueError: no such at rawk/aws_lambda.py:43 (relay)"
    )
    assert "relay_handler" in crash.with_stack
