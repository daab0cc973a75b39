"""The search of a run's record for secrets and recorded words."""

import json
from pathlib import Path

import pytest

from sim import recordings
from sim.invariants.secret_pieces import Search, Sought
from sim.pytest_plugin.output_search import CHUNK_CHARACTERS, NAMES, found_in_record, not_written_in

KEY = "Zf1eQd3cKb5aR9788Y96a5W4c3V2e1X0"
SAID = "Remember: call the doctor about the crown before Monday evening."
SOUGHT = Sought(secrets={"the key": KEY}, speech={"the transcript": SAID}).of("test_a")
FILES = ("journal.jsonl", "report.html", "summary.json", "junit.xml", "gw0/logs/localstack.log", "gw1/logs/a/api.log")


def found(folder: Path, *printed: str, failed: bool = False) -> list[str]:
    return list(found_in_record(folder, printed, SOUGHT, failed=failed))


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("text", "what"), [(f"key={KEY[3:14]}", "the key"), (SAID[10:50], "the transcript")])
def test_each_file_of_the_record_is_searched(name: str, text: str, what: str, tmp_path: Path) -> None:
    for each in FILES:
        write(tmp_path, each, "nothing\n")
    assert found(tmp_path) == []

    write(tmp_path, name, f"before\n{json.dumps(text)}\nafter\n")

    assert found(tmp_path) == [f"{name} contains a piece of {what} of test_a"]


def test_what_a_scenario_printed_is_searched(tmp_path: Path) -> None:
    assert found(tmp_path, "one", f"two {KEY}") == ["the output of a scenario contains a piece of the key of test_a"]


def test_what_is_stored_is_not_what_is_written_about_it(tmp_path: Path) -> None:
    write(tmp_path, "gw0/state/postgres/base/1", KEY)
    assert found(tmp_path) == []


def test_a_failure_may_quote_words_and_no_secret(tmp_path: Path) -> None:
    write(tmp_path, "junit.xml", SAID + KEY)
    write(tmp_path, "gw0/logs/a/api.log", SAID)

    assert found(tmp_path, SAID, failed=True) == [
        "gw0/logs/a/api.log contains a piece of the transcript of test_a",
        "junit.xml contains a piece of the key of test_a",
    ]


@pytest.mark.parametrize("before", [0, 5, 20])
def test_a_piece_on_the_border_of_two_chunks_is_found(before: int, tmp_path: Path) -> None:
    write(tmp_path, "gw0/logs/localstack.log", "." * (CHUNK_CHARACTERS - before) + f" {SAID} {KEY} ...")
    (sentence,) = found(tmp_path)
    assert "the key" in sentence
    assert "the transcript" in sentence


def test_bytes_that_are_no_text_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "core").write_bytes(b"\xff\xfe" + KEY.encode() + b"\x00")
    assert found(tmp_path) == ["core contains a piece of the key of test_a"]


def test_the_names_of_recordings_are_no_secret() -> None:
    """Their words are."""
    recording = recordings.all()[0]
    titles = {f"title {take}": f"{recording.name}, take {take}" for take in (0, 7, 12)}
    search = Search(Sought(speech={**titles, "transcript": recording.transcript}), NAMES)
    assert search.found_in(f'"recording": "{recording.name}", "take": 12') == []
    assert search.found_in(recording.transcript) == ["transcript"]


def test_what_a_scenario_itself_says_is_not_sought() -> None:
    source = 'def test_a(sim):\n    sim.api.upload(b"", title="6:30\\u202fPM at the dentist")\n'
    sought = Sought(
        secrets={"the key": "6:30\u202fPM"}, speech={"its title": "6:30\u202fPM at the dentist", "other": SAID}
    )

    assert not_written_in(source, sought) == Sought(secrets=sought.secrets, speech={"other": SAID})
    assert not_written_in("", sought) == sought
