"""Log lines: one JSON object each, with what is bound to the moment, and nothing that must not leave."""

import pytest

from rawk.config import Secret
from rawk.domain.errors import DatabaseUnavailable
from rawk.log import bound, log


def test_a_line_says_when_how_bad_and_what(log_lines):
    log.warning("job_returned", after_seconds=1800)

    [line] = log_lines()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {"level": "WARNING", "event": "job_returned", "after_seconds": 1800}


def test_what_is_bound_is_on_every_line_inside_and_on_none_outside(log_lines):
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


def test_what_is_bound_is_let_go_of_when_something_raises(log_lines):
    with pytest.raises(ZeroDivisionError), bound(memory_id="m-1"):
        raise ZeroDivisionError
    log.info("afterwards")

    assert "memory_id" not in log_lines()[0]


def test_whatever_is_logged_stays_one_line_of_json(log_lines):
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


def test_a_crash_is_logged_with_its_frames_its_types_and_our_own_words(log_lines):
    try:
        crash(ConnectionError("refused"))
    except DatabaseUnavailable:
        log.exception("job_crashed")

    [line] = log_lines()
    assert line["exception"] == "DatabaseUnavailable"
    assert line["stack"][-1] == "DatabaseUnavailable: Postgres does not answer"
    assert "ConnectionError" in line["stack"]
    assert any(frame.endswith(" crash") for frame in line["stack"])


def test_the_words_of_other_peoples_errors_stay_inside(log_lines):
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
