"""Log lines: one JSON object each, with the bound fields, and without secrets and content."""

import io
import json
import logging
import os
import subprocess
import sys
import warnings

import pytest

from rawk.config import Secret
from rawk.domain.errors import DatabaseUnavailable
from rawk.log import LIBRARIES, bound, hide, log, write_json_lines

SETTINGS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AUDIO_BUCKET": "audio",
    "JOBS_QUEUE_URL": "https://sqs/jobs",
    "DEAD_LETTER_QUEUE_URL": "https://sqs/dead",
    "DATABASE_URL": "postgresql+psycopg://rawk:hunter2@db/rawk",
    "API_KEYS_JSON": "{}",
    "OPENAI_API_KEY": "sk-hunter2",
    "TRANSCRIPTION_MODEL": "model",
    "ANALYSIS_MODEL": "model",
    "LOG_LEVEL": "DEBUG",
    **dict.fromkeys(
        (
            *("OUTBOX_GRACE_SECONDS", "OPENAI_TIMEOUT_SECONDS", "LEASE_SECONDS", "VISIBILITY_TIMEOUT_SECONDS"),
            *("MAX_RECEIVE_COUNT", "JOB_RETENTION_SECONDS", "ANALYSIS_RETRY_BASE_SECONDS", "ANALYSIS_RETRY_LIMIT"),
            "ORPHAN_AUDIO_AFTER_SECONDS",
        ),
        "60",
    ),
}


def test_a_line_has_time_level_and_event(log_lines):
    log.warning("job_returned", after_seconds=1800)

    [line] = log_lines()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {"level": "WARNING", "event": "job_returned", "after_seconds": 1800}


def test_every_line_says_which_part_wrote_it_a_librarys_too():
    lines = of_a_process("write_json_lines('INFO', 'relay'); log.info('x'); logging.getLogger('lib').warning('y')")
    assert [(line["service"], line["event"]) for line in lines] == [("relay", "x"), ("relay", "library")]


def test_bound_fields_are_on_every_line_inside_and_on_none_outside(log_lines):
    with bound(memory_id="m-1"):
        with bound(message_id="q-1"):
            log.info("inner")
        log.info("outer")
    log.info("outside")

    lines = log_lines()
    assert [(line.get("memory_id"), line.get("message_id")) for line in lines] == [
        ("m-1", "q-1"),
        ("m-1", None),
        (None, None),
    ]


def test_bound_fields_end_with_an_exception(log_lines):
    with pytest.raises(ZeroDivisionError), bound(memory_id="m-1"):
        raise ZeroDivisionError
    log.info("afterwards")

    assert "memory_id" not in log_lines()[0]


def test_any_field_is_logged_in_one_line_of_json(log_lines):
    log.info("odd", text="two\nlines \ud800 \x00", thing=object(), number=float("inf"))

    [line] = log_lines()
    assert line["text"] == "two\nlines \ud800 \x00"


def test_a_secret_that_is_logged_by_mistake_shows_its_name_only(log_lines):
    log.info("started", settings=Secret("OPENAI_API_KEY", "sk-hunter2"))

    [line] = log_lines()
    assert "OPENAI_API_KEY" in line["settings"]
    assert "hunter2" not in str(line)


def crash(cause):
    try:
        raise cause
    except type(cause) as error:
        raise DatabaseUnavailable("Postgres does not answer") from error


def test_a_crash_is_logged_with_frames_types_and_our_own_texts(log_lines):
    try:
        crash(ConnectionError("refused"))
    except DatabaseUnavailable:
        log.exception("job_crashed")

    [line] = log_lines()
    assert line["exception"] == "DatabaseUnavailable"
    assert line["stack"][-1] == "DatabaseUnavailable: Postgres does not answer"
    assert "ConnectionError" in line["stack"]
    assert any(frame.endswith(" crash") for frame in line["stack"])


def test_the_texts_of_foreign_errors_are_not_logged(log_lines):
    try:
        crash(ValueError("invalid transcript: We meet Ada on Tuesday"))
    except DatabaseUnavailable:
        log.exception("job_crashed")

    assert "Ada" not in str(log_lines())


def test_an_error_that_hides_its_context_keeps_it_hidden(log_lines):
    try:
        try:
            raise KeyError("postgresql://u:hunter2@h/db")
        except KeyError:
            raise DatabaseUnavailable("the URL is bad") from None
    except DatabaseUnavailable:
        log.exception("job_crashed")

    assert "KeyError" not in str(log_lines())


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_every_level_is_written_at_its_own(log_lines, level):
    getattr(log, level)("event")

    assert [line["level"] for line in log_lines()] == [level.upper()]


@pytest.fixture
def of_libraries(log_lines):  # noqa: ARG001
    """What reaches the root logger's handlers while it takes everything, as Lambda's may."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield output.getvalue
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize(
    "logger",
    [
        *LIBRARIES,
        "botocore.endpoint",
        "botocore.auth",
        "httpcore.http11",
        "openai._base_client",
        "sqlalchemy.engine.Engine",
    ],
)
def test_no_library_logs_its_requests_at_any_level_of_ours(of_libraries, logger):
    write_json_lines("DEBUG")
    logging.getLogger(logger).debug("Request options: {'json': 'We meet Ada on Tuesday'}")
    logging.getLogger(logger).info("HTTP Request: POST https://s3/?X-Amz-Signature=0a1b")
    logging.getLogger(logger).warning("the pool is full")

    assert of_libraries() == "the pool is full\n"


@pytest.mark.parametrize("category", [UserWarning, DeprecationWarning, RuntimeWarning])
def test_a_warning_of_a_library_is_logged_by_its_place_without_its_text(log_lines, capfd, category):
    """Pydantic's quotes the value that it did not expect: people's words."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        write_json_lines("INFO")
        logging.getLogger("rawk").handlers[0].setStream(output := io.StringIO())
        warnings.warn_explicit("Expected `str` [input_value='We meet Ada']", category, "/lib/pydantic/main.py", 520)

    line = json.loads(output.getvalue())
    assert (line["event"], line["level"], line["category"]) == ("python_warning", "WARNING", category.__name__)
    assert line["where"] == "/lib/pydantic/main.py:520"
    assert "Ada" not in output.getvalue() + "".join(capfd.readouterr()) + str(log_lines())


@pytest.mark.parametrize(
    ("build", "client"), [("build_worker", "openai"), ("build_recovery", "boto3"), ("build_api", "boto3")]
)
def test_a_process_that_is_to_log_everything_still_keeps_its_libraries_silent(build, client):
    """In a process of its own: the OpenAI SDK reads OPENAI_LOG when it is imported."""
    program = f"""if True:
        import logging, os
        from rawk import composition
        logging.basicConfig(level=logging.DEBUG)
        composition.{build}(os.environ)
        import {client}, botocore.endpoint
        loggers = ["openai._base_client", "botocore.endpoint", "httpx2", "sqlalchemy.engine.Engine"]
        print([name for name in loggers if logging.getLogger(name).isEnabledFor(logging.INFO)])
    """
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **SETTINGS, "OPENAI_LOG": "debug"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def nothing_hidden(monkeypatch):
    monkeypatch.setattr("rawk.log._hidden", set())


@pytest.mark.usefixtures("nothing_hidden")
@pytest.mark.parametrize("secret", ["hunter-2-hunter", 'quo"ted\\pass', "pässwörd", "a b c d e f"])
def test_a_hidden_value_is_in_no_line_of_ours_or_of_a_library(log_lines, capsys, secret):
    hide(secret)
    log.warning("failed", error=f"cannot connect to {secret}@db", nested={"url": ["x" + secret]})
    logging.getLogger("somelibrary").warning("using %s", secret)
    logging.getLogger("uvicorn.error").warning("using %s", secret)

    text = json.dumps(log_lines()) + capsys.readouterr().out
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text
    assert "(hidden)" in text


@pytest.mark.usefixtures("nothing_hidden")
def test_a_short_value_hides_nothing(log_lines):
    hide("db")
    log.info("db_is_up")
    assert log_lines()[0]["event"] == "db_is_up"


def test_a_librarys_line_is_json_without_the_values_that_it_puts_in():
    """In a process of its own: the root logger belongs to pytest here."""
    lines = of_a_process(
        """
import asyncio, logging
logging.basicConfig()
write_json_lines("INFO")
logging.getLogger("urllib3.pool").warning("discarding %s of %s", "my transcript", 7)
logging.getLogger("stuff").error(f"my transcript")
logging.getLogger("stuff").info("quiet: my transcript")
try:
    raise ValueError("my transcript")
except ValueError:
    logging.getLogger("stuff").exception("failed")
async def forgotten():
    raise ValueError("my transcript")
async def main():
    task = asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    del task
asyncio.run(main())
"""
    )

    assert [(line["event"], line["logger"], line.get("text")) for line in lines] == [
        ("library", "urllib3.pool", "discarding %s of %s"),
        ("library", "stuff", None),
        ("library", "stuff", None),
        ("library", "asyncio", None),
    ]
    assert lines[2]["exception"] == "ValueError"
    assert "my transcript" not in json.dumps(lines)


@pytest.mark.parametrize(
    "crash",
    [
        "raise ValueError('my transcript')",
        "import threading; t = threading.Thread(target=lambda: int('my transcript')); t.start(); t.join()",
        "class A:\n    def __del__(self): int('my transcript')\nA()",
    ],
    ids=["main", "thread", "finalizer"],
)
def test_a_crash_is_a_line_without_its_text(crash):
    [line] = of_a_process(f"write_json_lines('INFO'); log_crashes()\n{crash}")
    assert (line["event"], line["level"], line["exception"]) == ("crashed", "CRITICAL", "ValueError")
    assert "my transcript" not in json.dumps(line)


def of_a_process(code):
    """All that it writes, which has to be JSON lines."""
    program = f"import logging\nfrom rawk.log import *\nfrom rawk.log import log_crashes, write_json_lines\n{code}"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    return [json.loads(line) for line in (ended.stdout + ended.stderr).splitlines()]
