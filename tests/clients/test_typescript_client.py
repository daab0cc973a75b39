"""A client over the types that openapi-typescript generates: tsc checks it, and node runs it."""

import json
import shutil
from pathlib import Path

import pytest

from sim import recordings
from tests.fuzz.api import PASSWORD, USER, Api

from .generated import StepFailed, run


def build(npm: Path, document: Path, folder: Path) -> Path:
    """Generate the types and compile the client. Raises StepFailed for what the compiler complains about."""
    for name in ("client.ts", "tsconfig.json", "package.json"):
        shutil.copy(npm / name, folder)
    (folder / "node_modules").symlink_to(npm / "node_modules")
    run(["node_modules/.bin/openapi-typescript", document, "-o", "schema.d.ts"], folder)
    run(["node_modules/.bin/tsc"], folder)
    return folder / "built" / "client.js"


def test_the_typescript_client_does_what_a_user_does(api: Api, npm: Path, document: Path, tmp_path: Path) -> None:
    recording = recordings.all()[0]
    audio = tmp_path / "memo"
    audio.write_bytes(recordings.variant(recording, 2))

    client = build(npm, document, tmp_path)
    printed = run(["node", client, api.url, USER, PASSWORD, audio], tmp_path)

    assert recordings.variant_transcript(recording, 2) in printed


def test_the_types_notice_a_field_that_is_gone(npm: Path, document: Path, tmp_path: Path) -> None:
    changed = json.loads(document.read_text(encoding="utf-8"))
    schema = changed["components"]["schemas"]["MemoryView"]
    del schema["properties"]["transcript"]
    schema["required"].remove("transcript")
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(changed), encoding="utf-8")

    with pytest.raises(StepFailed, match="Property 'transcript' does not exist"):
        build(npm, path, tmp_path)
