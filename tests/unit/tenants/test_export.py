"""`rawk tenant export`: the folder has everything of the tenant, whenever the export was interrupted."""

import json
from hashlib import sha256

import pytest

from rawk.commands.export_folder import MANIFEST, MEMORIES, ExportFolder
from rawk.commands.tenant import _Export
from rawk.domain.memory import NewMemory
from rawk.use_cases.recovery import BATCH
from tests.unit.tenants.world import OTHER, OURS, Interruption
from tests.unit.use_cases.pipeline import Killed


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "export"


def files_in(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines_in(folder) -> dict[str, dict]:
    lines = (json.loads(line) for line in (folder / MEMORIES).read_text(encoding="utf-8").splitlines())
    return {line["id"]: line for line in lines}


def manifest_in(folder) -> dict:
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


def require_whole(folder, world) -> None:
    """The manifest names exactly what is in the folder, and that is all that there is of the tenant."""
    manifest, files = manifest_in(folder), files_in(folder)
    assert manifest["complete"] is True
    named = {each["path"]: (each["bytes"], each["sha256"]) for each in manifest["files"]}
    assert named == {
        name: (len(content), sha256(content).hexdigest()) for name, content in files.items() if name != MANIFEST
    }
    memories = world.left_of(OURS)["memories"]
    lines = lines_in(folder)
    assert set(lines) == set(memories)
    for memory_id, line in lines.items():
        if "file" in line["audio"]:
            audio = world.pipeline.audio.objects[memories[memory_id].audio_key].content
            assert files[line["audio"]["file"]] == audio


def test_the_folder_has_every_memory_with_its_audio(rawk, world, folder):
    before = world.left_of(OURS), world.left_of(OTHER)

    code, output, errors = rawk("export", OURS, "--to", str(folder))

    assert (code, errors) == (0, "")
    assert "5 memories" in output
    require_whole(folder, world)
    manifest = manifest_in(folder)
    assert manifest["tenant"] == OURS
    assert manifest["memories"] == {"queued": 1, "uploading": 1, "failed": 1, "complete": 2}
    assert manifest["audio"] == {"exported": 4, "not_submitted": 1}
    assert (world.left_of(OURS), world.left_of(OTHER)) == before


def test_a_line_has_what_the_owner_said_and_what_became_of_it(rawk, world, folder):
    rawk("export", OURS, "--to", str(folder))
    lines = lines_in(folder)

    complete = lines[world.ids[OURS, "complete"]]
    memory = world.pipeline.memory(world.ids[OURS, "complete"])
    assert complete["status"] == "complete"
    assert complete["transcript"] == memory.transcript
    assert complete["analysis"]["title"] == memory.analysis.title
    assert complete["created_at"] == memory.created_at.isoformat()
    assert complete["completed_at"] == memory.completed_at.isoformat()
    assert complete["usage"] == {"attempts": 1, "openai_calls": 2, "billed_seconds": memory.billed_seconds}
    assert [each["status"] for each in complete["history"]] == ["queued", "processing", "transcript_only", "complete"]
    assert complete["failure"] is None
    failed = lines[world.ids[OURS, "failed"]]
    assert failed["failure"]["reason"] == "configuration"
    assert lines[world.ids[OURS, "uploading"]]["audio"]["state"] == "not_submitted"


def test_nobody_else_may_read_the_folder(rawk, folder):
    rawk("export", OURS, "--to", str(folder))

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_an_export_that_is_interrupted_at_any_call_is_continued(tmp_path, rawk, world):
    def export(folder, interruption):
        out, export = ExportFolder(folder, OURS), world.export(interruption)
        out.open()
        out.write_memories(_Export(export, out).lines(export.memories_of(OURS)))

    counting = Interruption()
    export(tmp_path / "counting", counting)
    assert counting.calls > 10
    for at_call in range(1, counting.calls + 1):
        folder = tmp_path / str(at_call)
        with pytest.raises(Killed):
            export(folder, Interruption(at_call))
        assert manifest_in(folder)["complete"] is False

        assert rawk("export", OURS, "--to", str(folder))[0] == 0
        require_whole(folder, world)


def test_audio_that_is_there_is_not_downloaded_again(rawk, world, folder, monkeypatch):
    rawk("export", OURS, "--to", str(folder))
    fetched = []
    fetch = world.pipeline.audio.fetch
    monkeypatch.setattr(world.pipeline.audio, "fetch", lambda key: fetched.append(key) or fetch(key))
    damaged = world.ids[OURS, "complete too"]
    (folder / "audio" / f"{damaged}.wav").write_bytes(b"half")
    (folder / "audio" / f"{world.ids[OURS, 'failed']}.wav").unlink()

    rawk("export", OURS, "--to", str(folder))

    assert sorted(fetched) == sorted(f"audio/{OURS}/{each}" for each in (damaged, world.ids[OURS, "failed"]))
    require_whole(folder, world)


def test_an_interrupted_repetition_leaves_the_files_whole_that_it_replaces(rawk, world, folder):
    rawk("export", OURS, "--to", str(folder))
    before = files_in(folder)
    out, export = ExportFolder(folder, OURS), world.export(Interruption(at_call=4))
    with pytest.raises(Killed):
        out.write_memories(_Export(export, out).lines(export.memories_of(OURS)))

    assert {name: files_in(folder)[name] for name in before} == before


def test_a_damaged_file_whose_audio_is_gone_is_not_part_of_the_export(rawk, world, folder):
    rawk("export", OURS, "--to", str(folder))
    memory_id = world.ids[OURS, "complete"]
    (folder / "audio" / f"{memory_id}.wav").write_bytes(b"half")
    world.pipeline.audio.delete(f"audio/{OURS}/{memory_id}")

    rawk("export", OURS, "--to", str(folder))

    assert lines_in(folder)[memory_id]["audio"]["state"] == "missing"
    assert f"audio/{memory_id}.wav" not in files_in(folder)
    require_whole(folder, world)


def test_an_export_that_is_repeated_is_that_of_now(rawk, world, folder):
    rawk("export", OURS, "--to", str(folder))
    world.pipeline.drain()
    world.pipeline.memories.delete(OURS, world.ids[OURS, "complete"], world.pipeline.clock.now())

    rawk("export", OURS, "--to", str(folder))

    require_whole(folder, world)
    assert lines_in(folder)[world.ids[OURS, "queued"]]["status"] == "complete"
    assert not (folder / "audio" / f"{world.ids[OURS, 'complete']}.wav").exists()


def test_audio_that_is_gone_or_altered_is_said_to_be(rawk, world, folder):
    audio, memories = world.pipeline.audio, world.left_of(OURS)["memories"]
    audio.delete(memories[world.ids[OURS, "complete"]].audio_key)
    audio.put(memories[world.ids[OURS, "failed"]].audio_key, b"RIFF other WAVE", "audio/wav")

    code, output, errors = rawk("export", OURS, "--to", str(folder))

    assert code == 0
    assert "missing 1" in output
    assert "altered audio" in errors
    lines = lines_in(folder)
    assert lines[world.ids[OURS, "complete"]]["audio"]["state"] == "missing"
    assert lines[world.ids[OURS, "failed"]]["audio"]["state"] == "altered"
    require_whole(folder, world)


def test_a_tenant_without_memories_makes_no_folder(rawk, folder):
    code, output, errors = rawk("export", "nobody", "--to", str(folder))

    assert (code, output) == (1, "")
    assert "no memories of the tenant nobody" in errors
    assert not folder.exists()


def made_file(folder):
    folder.write_text("a file")


def made_folder_with(name, text):
    def make(folder):
        folder.mkdir()
        (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (made_file, "is no folder"),
        (made_folder_with("notes.txt", "mine"), "has other files"),
        (made_folder_with("audio.wav", "mine"), "has other files"),
        (made_folder_with(MANIFEST, "{"), "not of this kind"),
        (made_folder_with(MANIFEST, "[]"), "not of this kind"),
        (made_folder_with(MANIFEST, "null"), "not of this kind"),
        (made_folder_with(MANIFEST, "\udcff"), "not of this kind"),
        (made_folder_with(MANIFEST, '{"name": "an app"}'), "not of this kind"),
    ],
)
def test_a_folder_with_anything_else_is_refused_and_left_as_it_is(rawk, folder, make, said):
    make(folder)
    before = folder.read_bytes() if folder.is_file() else files_in(folder)

    code, output, errors = rawk("export", OURS, "--to", str(folder))

    assert (code, output) == (1, "")
    assert said in errors
    assert (folder.read_bytes() if folder.is_file() else files_in(folder)) == before


def test_a_folder_with_the_export_of_another_tenant_is_refused(rawk, folder):
    rawk("export", OTHER, "--to", str(folder))
    before = files_in(folder)

    code, _, errors = rawk("export", OURS, "--to", str(folder))

    assert code == 1
    assert f"another tenant, '{OTHER}'" in errors
    assert files_in(folder) == before


def test_an_empty_folder_and_one_that_does_not_exist_yet_are_taken(rawk, world, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "new" / "deep"):
        assert rawk("export", OURS, "--to", str(folder))[0] == 0
        require_whole(folder, world)


def test_a_file_system_that_refuses_is_one_sentence(rawk, folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rawk.commands.export_folder.open", full, raising=False)

    code, _, errors = rawk("export", OURS, "--to", str(folder))

    assert (code, errors.count("\n")) == (1, 1)
    assert "No space left on device" in errors


def test_more_memories_than_a_page_are_exported_and_progress_is_printed(rawk, world, folder):
    now = world.pipeline.clock.now()
    for number in range(2 * BATCH):
        memory_id, audio = world.pipeline.randomness.new_id(), f"audio/{OURS}/many-{number}"
        world.pipeline.memories.accept(NewMemory(memory_id, OURS, audio, "audio/wav", 1, "d", "c"), now, now)

    code, output, errors = rawk("export", OURS, "--to", str(folder))

    assert code == 0
    assert f"{2 * BATCH + 5} memories" in output
    assert errors == "rawk: 100 memories exported\nrawk: 200 memories exported\n"
    require_whole(folder, world)
