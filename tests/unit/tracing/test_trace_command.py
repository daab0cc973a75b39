"""`rawk trace`: arguments, output, errors and exit codes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from rawk.cli import main
from rawk.use_cases.trace import Trace

MEMORY = "6f9c1e0b-7d0c-4a83-9d6c-2f3f3f9f8a55"
AT = "2026-11-20T12:00:0"
LINES = [
    {"timestamp": f"{AT}0.000+00:00", "service": "api", "event": "memory_accepted"},
    {"timestamp": f"{AT}2.500+00:00", "service": "worker", "event": "job_claimed", "attempt": 1},
    {
        "timestamp": f"{AT}3.000+00:00",
        "level": "ERROR",
        "service": "worker",
        "event": "memory_failed",
        "reason": "\x1b[2J",
        "detail": "OpenAI answered 401",
    },
    {"timestamp": f"{AT}3.100+00:00", "level": "INFO", "service": "worker", "event": "job_ended", "milliseconds": 600},
]


@pytest.fixture(autouse=True)
def no_database(monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_URL_SECRET_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path):
    lines = [json.dumps({**line, "memory_id": MEMORY, "message_id": "q-1"}) for line in LINES]
    (tmp_path / "all.log").write_text("\n".join(lines))
    return tmp_path


@pytest.fixture
def rawk(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def test_a_timeline_has_time_part_attempt_event_duration_and_details(rawk, folder):
    code, output, _ = rawk("trace", MEMORY, "--logs", str(folder))

    heading, *lines = output.splitlines()
    assert (code, heading) == (0, f"memory {MEMORY}")
    assert [line.split()[:4] for line in lines] == [
        ["2026-11-20", "12:00:00.000", "+0.000", "api"],
        ["2026-11-20", "12:00:02.500", "+2.500", "worker"],
        ["2026-11-20", "12:00:03.000", "+3.000", "worker"],
        ["2026-11-20", "12:00:03.100", "+3.100", "worker"],
    ]
    assert lines[1].split()[4:] == ["#1", "job_claimed"]
    assert "level=ERROR" in lines[2]
    assert 'detail="OpenAI answered 401"' in lines[2]
    assert lines[3].endswith("600 ms")


def test_no_line_moves_the_cursor_of_the_terminal(rawk, folder):
    assert "\x1b" not in rawk("trace", MEMORY, "--logs", str(folder))[1]


def test_json_has_one_object_per_line_and_nothing_else(rawk, folder):
    code, output, _ = rawk("trace", MEMORY.upper(), "--logs", str(folder), "--json")

    entries = [json.loads(line) for line in output.splitlines()]
    assert code == 0
    assert [entry["what"] for entry in entries] == [line["event"] for line in LINES]
    assert entries[1] == {
        "at": "2026-11-20T12:00:02.500+00:00",
        "where": "worker",
        "what": "job_claimed",
        "attempt": 1,
        "memory_id": MEMORY,
        "message_id": "q-1",
        "about": {},
    }


def test_standard_input_is_a_log(rawk, folder, monkeypatch):
    with (folder / "all.log").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert rawk("trace", "q-1", "--logs", "-")[0] == 0


def test_an_id_that_nothing_is_about_is_an_error_that_says_what_to_do(rawk, folder):
    code, output, errors = rawk("trace", "nonsense", "--logs", str(folder))

    assert (code, output) == (1, "")
    assert "nothing was found about nonsense: check the id, or look further back with --since 7d" in errors
    assert "the database is not read: DATABASE_URL is not set" in errors


def test_a_log_that_cannot_be_read_is_an_error_after_what_was_found(rawk, folder, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:1/db")
    code, output, errors = rawk(
        "trace", MEMORY, "--logs", str(folder), "--logs", str(folder / "nowhere"), "--no-database"
    )

    assert (code, len(output.splitlines())) == (1, 5)
    assert errors == f"rawk: RawkError: logs not read: there is no {folder / 'nowhere'}\n"


def test_nothing_to_read_is_an_error_that_names_the_options(rawk):
    code, output, errors = rawk("trace", MEMORY)

    assert (code, output) == (1, "")
    assert "nothing to read: give --logs, --pipeline or --log-group, or set DATABASE_URL" in errors


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("",),
        ('a"b',),
        ("a b",),
        ("a" * 129,),
        (MEMORY, "--since", "yesterday"),
        (MEMORY, "--since", "2w"),
        (MEMORY, "--since", "-2h"),
        (MEMORY, "--max-pages", "0"),
        (MEMORY, "--max-pages", "1001"),
        (MEMORY, "--max-pages", "x"),
    ],
)
def test_an_invalid_command_exits_with_2(rawk, arguments):
    code, output, errors = rawk("trace", *arguments)

    assert (code, output) == (2, "")
    assert errors.startswith("usage: rawk trace")


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
    ],
)
def test_an_age_is_counted_from_now(rawk, monkeypatch, text, since):
    asked = []

    class Recorded:
        memories = None

        def trace(self, *arguments):
            asked.append(arguments)
            return Trace([], [], [], [])

    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    monkeypatch.setattr("rawk.composition.now", lambda: now)
    monkeypatch.setattr("rawk.composition.build_trace", lambda *_: Recorded())

    rawk("trace", MEMORY, "--pipeline", "rawk", "--since", text)
    assert asked == [(MEMORY, now - since, timedelta(days=1))]


def test_the_help_teaches_the_ids_and_shows_examples(rawk):
    code, output, _ = rawk("trace", "--help")

    assert code == 0
    for text in ("correlation id", "message id", "--pipeline rawk", "--logs .sim/latest", "exit codes", "--since 2h"):
        assert text in output
