"""The table engine × story, and that memories end the same everywhere."""

import json
from pathlib import Path

import pytest

from sim.report.engine_table import (
    BEGINS,
    ENDS,
    RESULTS,
    NoTable,
    Played,
    brought_up_to_date,
    column_of,
    disagreements,
    of_stories,
    put_into,
    read,
    table,
    write,
)
from sim.report.stories import stories

ROOT = Path(__file__).parents[3]
ONE = "everyday/test_one.py::test_one_becomes_a_memory"
MANY = "everyday/test_many.py::test_all_of_them"
LATE = Played("broken", "too late")
WHOLE = Played("held", ended_as=("complete",))


def test_engines_that_saw_a_story_hold_agree_on_its_memories() -> None:
    failed = Played("held", ended_as=("failed, openai_quota",))

    assert disagreements({"embedded": {ONE: WHOLE}, "docker": {ONE: WHOLE}}) == []
    assert disagreements({"embedded": {ONE: WHOLE}, "docker": {ONE: failed}}) == [
        f"{ONE} ends otherwise: embedded: complete; docker: failed, openai_quota"
    ]
    # What broke, or was not played, shows nothing about memories.
    assert disagreements({"embedded": {ONE: WHOLE}, "docker": {ONE: Played("broken"), MANY: failed}}) == []


def test_the_worst_of_a_storys_variants_counts_and_reasons_are_told_once() -> None:
    columns = {
        "embedded": {f"{MANY}[a]": WHOLE, f"{MANY}[b]": WHOLE, ONE: WHOLE},
        "endpoint": {
            f"{MANY}[a]": WHOLE,
            f"{MANY}[b]": Played("broken", "too late"),
            ONE: Played("skipped", "too late"),
        },
    }

    lines = table(columns).splitlines()

    assert "- `embedded`: 2 held" in lines
    assert "- `endpoint`: 1 broken, 1 skipped" in lines
    assert "| everyday/test_many all of them | ✔ | ✘ (1) |" in lines
    assert "| everyday/test_one one becomes a memory | ✔ | – (1) |" in lines
    assert lines[-1] == "1. too late"


def run_with(folder: Path, **scenario: object) -> Path:
    told = {"name": ONE, "verdict": "held", "reason": "", "memories": [], **scenario}
    (folder / "summary.json").write_text(json.dumps({"engine": "endpoint", "scenarios": [told]}))
    return folder


def test_a_run_is_read_from_its_summary(tmp_path: Path) -> None:
    memories = [{"status": "failed", "reason": "audio_missing"}, {"status": "complete", "reason": None}]

    engine, column = column_of(run_with(tmp_path, memories=memories))

    assert (engine, column[ONE]) == ("endpoint", Played("held", ended_as=("complete", "failed, audio_missing")))
    broken = column_of(run_with(tmp_path, verdict="broken", reason="a long way\nstories.py:3: assert 1 == 2"))[1]
    assert broken[ONE] == Played("broken", "stories.py:3: assert 1 == 2")
    assert column_of(run_with(tmp_path, verdict="unfinished"))[1][ONE].verdict == "unknown"
    with pytest.raises(NoTable, match=r"has no summary\.json"):
        column_of(tmp_path / "elsewhere")


def test_what_was_seen_is_kept(tmp_path: Path) -> None:
    columns = {"endpoint": {ONE: WHOLE, MANY: Played("skipped", "can not")}}

    write(tmp_path / "kept.json", columns)

    assert read(tmp_path / "kept.json") == columns
    assert read(tmp_path / "nothing.json") == {}


def test_the_table_has_its_place_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGINS}\nold\n{ENDS}\nafter\n")

    put_into(page, "new")

    assert page.read_text() == f"before\n{BEGINS}\nnew\n{ENDS}\nafter\n"
    page.write_text("nothing")
    with pytest.raises(NoTable, match="has no place for the table"):
        put_into(page, "new")


def test_a_run_of_some_stories_brings_these_up_to_date_with_all_their_variants() -> None:
    kept = {f"{MANY}[a]": WHOLE, f"{MANY}[b]": LATE, ONE: WHOLE}

    assert brought_up_to_date(kept, {f"{MANY}[c]": WHOLE}) == {f"{MANY}[c]": WHOLE, ONE: WHOLE}
    assert of_stories(kept, {MANY}) == {f"{MANY}[a]": WHOLE, f"{MANY}[b]": LATE}


@pytest.mark.parametrize("engine", ["embedded", "docker", "endpoint"])
def test_every_story_has_been_played_or_skipped_on_every_engine(engine: str) -> None:
    shown = {name.partition("[")[0] for name in read(ROOT / RESULTS)[engine]}
    there = {f"{story.path}::{story.function}" for story in stories(ROOT / "scenarios") if "weather" not in story.path}

    assert there - shown == set(), (
        "play them: pytest scenarios --engine … -k NAME, then `python -m sim engines --write`"
    )
    assert shown - there == set()
