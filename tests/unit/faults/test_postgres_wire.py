"""The Postgres protocol reader finds each statement that runs, however the messages are split."""

import struct

import pytest

from sim.app import APP
from sim.postgres.commit_proxy import _about
from sim.postgres.wire_protocol import ClientStream, query_message


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


START = struct.pack("!II", 8, 80877103) + struct.pack("!II", 14, 196608) + b"user\0\0"
PREPARE = message(b"P", b"name\0SELECT $1\0\0\0")
BIND = message(b"B", b"\0name\0\0\0\0\0\0\0")
UNNAMED = message(b"P", b"\0SELECT 2\0\0\0") + message(b"B", b"\0\0\0\0\0\0\0\0")
SYNC = message(b"S", b"")


def statements(data: bytes, piece_bytes: int) -> tuple[list[str], bytes]:
    stream = ClientStream()
    pieces = [data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes)]
    messages = [each for piece in pieces for each in stream.feed(piece)]
    return [each.statement for each in messages if each.statement], b"".join(each.raw for each in messages)


@pytest.mark.parametrize("piece_bytes", [1, 3, 7, 10_000])
def test_statements_are_found_however_the_messages_are_split(piece_bytes: int) -> None:
    sent = START + query_message("BEGIN") + PREPARE + SYNC + BIND + SYNC + UNNAMED + SYNC + BIND + SYNC
    sent += query_message("COMMIT")

    run, raw = statements(sent, piece_bytes)

    assert run == ["BEGIN", "SELECT $1", "SELECT 2", "SELECT $1", "COMMIT"]
    assert raw == sent


def test_another_protocol_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Postgres client"):
        list(ClientStream().feed(struct.pack("!II", 8, 42)))


@pytest.mark.parametrize(
    ("statement", "commit"),
    [
        ("INSERT INTO outbox (memory_id, due_at) VALUES ($1, $2)", "accept"),
        (
            "UPDATE memories SET status=$1,\n attempts=(memories.attempts + $2), failed_message_id=$3 "
            "WHERE memories.id = $4 RETURNING memories.transcript, memories.completed_under",
            "claim",
        ),
        ("UPDATE memories SET status=$1, transcript=$2 WHERE memories.id = $3", "transcript"),
        ("UPDATE memories SET analysis=$1, completed_under=$2, failed_message_id=$3 WHERE x", "analysis"),
        ("UPDATE memories SET status=$1, failed_message_id=$2 WHERE x", "failure"),
        ("UPDATE memories SET lease_token=$1 WHERE x", None),
        ("SELECT memories.transcript FROM memories", None),
    ],
)
def test_a_step_is_recognised_by_its_statement(statement: str, commit: str | None) -> None:
    assert _about(statement) == commit
    assert commit is None or commit in APP.database.commits
