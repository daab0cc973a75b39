"""Log lines in files, folders and a stream."""

import io
from datetime import UTC, datetime

import pytest

from rawk.adapters.traces.files import LogFiles
from rawk.domain.errors import LogsUnavailable

LINE = '{"timestamp": "2026-11-20T12:00:00.500+00:00", "event": "x", "memory_id": "m-1"}'
AT = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)


def texts(logs, *ids):
    return [line.text for line in logs.lines(ids, None)]


def test_a_folder_is_read_with_the_folders_in_it(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "worker.log").write_text(f"{LINE}\n\nm-1 again\nm-2\n")
    (tmp_path / "api.jsonl").write_text(LINE)
    (tmp_path / "picture.png").write_bytes(b"m-1")

    found = list(LogFiles([tmp_path]).lines(["m-1"], None))

    assert [(line.where, line.text) for line in found] == [("worker", LINE), ("worker", "m-1 again"), ("api", LINE)]
    assert len({line.key for line in found}) == 3


def test_a_file_is_read_whatever_its_name(tmp_path):
    (tmp_path / "output").write_text(LINE)
    assert texts(LogFiles([tmp_path / "output"]), "m-1") == [LINE]


def test_a_stream_is_read_more_than_once():
    logs = LogFiles([], io.BytesIO(LINE.encode()))
    assert texts(logs, "m-1") == texts(logs, "m-1") == [LINE]


def test_a_line_without_a_time_has_that_of_the_line_before(tmp_path):
    (tmp_path / "worker.log").write_text(f"m-1 first\n{LINE}\n\nREPORT m-1\n")
    assert [line.at for line in LogFiles([tmp_path]).lines(["m-1"], None)] == [None, AT, AT]


def test_bytes_that_are_no_text_are_replaced(tmp_path):
    (tmp_path / "worker.log").write_bytes(b"m-1 \xff\xfe\n")
    assert texts(LogFiles([tmp_path]), "m-1") == ["m-1 \ufffd\ufffd"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LogsUnavailable, match="nowhere"):
        texts(LogFiles([tmp_path / "nowhere"]), "m-1")
