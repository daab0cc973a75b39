"""Counts beside the checked-in ones: what is worse fails, what is better passes and is said."""

from collections import Counter

import pytest
from rich.console import Console

from benchmarks.counts.checked_in import FILE, changes, read, text_of
from benchmarks.counts.command import report
from benchmarks.counts.instruments import LINE
from benchmarks.counts.measuring import Measured

JOB = "a recording"
BEFORE = {JOB: {"SQL statements": 16, "requests": 2}}


def test_what_has_not_changed_is_no_change():
    assert changes(BEFORE, {JOB: Counter(BEFORE[JOB])}) == []


@pytest.mark.parametrize(
    ("now", "is_worse", "says"),
    [
        ({JOB: {"SQL statements": 17, "requests": 2}}, True, "a recording: 17 SQL statements, 16 checked in"),
        ({JOB: {"SQL statements": 15, "requests": 2}}, False, "a recording: 15 SQL statements, 16 checked in"),
        ({JOB: {"SQL statements": 16}}, False, "a recording: 0 requests, 2 checked in"),
        ({JOB: {**BEFORE[JOB], "forks": 1}}, True, "a recording: 1 forks, 0 checked in"),
        ({**BEFORE, "a list": {"SQL statements": 4}}, True, "a list: 4 SQL statements, 0 checked in"),
    ],
    ids=["more", "fewer", "none any more", "of a new kind", "of a new action"],
)
def test_a_change_is_named(now, is_worse, says):
    (change,) = changes(BEFORE, now)

    assert (change.is_worse, str(change)) == (is_worse, says)


@pytest.mark.parametrize(("statements", "code"), [(15, 0), (16, 0), (17, 1)])
def test_only_a_worse_count_fails(tmp_path, statements, code):
    file = tmp_path / "counts.toml"
    file.write_text(text_of(Measured({JOB: Counter({"SQL statements": 16})}, 20)), encoding="utf-8")

    assert report(Measured({JOB: Counter({"SQL statements": statements})}, 20), Console(quiet=True), file) == code


def test_a_slow_measurement_warns_and_passes(tmp_path, capsys):
    file = tmp_path / "counts.toml"
    file.write_text(text_of(Measured({JOB: Counter(a=1)}, 20)), encoding="utf-8")

    assert report(Measured({JOB: Counter(a=1)}, 31), Console(width=200), file) == 0
    assert "warning: it took 31 s, 20 s when the counts were written" in capsys.readouterr().out


def test_what_is_written_is_read_again(tmp_path):
    file = tmp_path / "counts.toml"
    counts = {"GET of a list": Counter({"SQL statements of the API": 4}), "a pipeline's start": Counter(forks=1)}
    file.write_text(text_of(Measured(counts, 12.4)), encoding="utf-8")

    assert read(file) == (counts, 12)


def test_the_checked_in_counts_are_those_of_a_job_and_of_requests():
    counts, _ = read()

    assert FILE.name == "counts.toml"
    assert counts["a recording, by a warm worker"]["transcription requests to OpenAI"] == 1
    assert "starts of the worker" not in counts["a recording, by a warm worker"]


def test_statements_and_connections_are_found_in_the_log_of_postgres():
    log = (
        "41 counts rawk|LOG:  statement: BEGIN\n"
        "41 counts rawk|LOG:  execute <unnamed>: SELECT 1\n\tFROM x -- 9 a b|LOG:  statement: no\n"
        "41 counts rawk|DETAIL:  parameters: $1 = '1'\n"
        "42 [unknown] [unknown]|LOG:  connection received: host=127.0.0.1 port=1\n"
        "42 counts [unknown]|LOG:  connection authorized: user=postgres database=counts application_name=rawk\n"
    )

    assert LINE.findall(log) == [
        ("41", "counts", "rawk", "statement", ""),
        ("41", "counts", "rawk", "execute", ""),
        ("42", "counts", "[unknown]", "", "authorized"),
    ]
