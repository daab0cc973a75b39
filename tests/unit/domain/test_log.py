"""Log lines: one JSON object each, with the bound fields, and without secrets and content."""

import pytest

from rawk.config import Secret
from rawk.domain.errors import DatabaseUnavailable
from rawk.log import bound, log


def test_a_line_has_time_level_and_event(log_lines):
    log.warning("job_returned", after_seconds=1800)

    [line] = log_lines()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {"level": "WARNING", "event": "job_returned", "after_seconds": 1800}


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
