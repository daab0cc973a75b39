"""Validators of OpenAPI documents: of the specification, and of what redocly recommends."""

import json
from pathlib import Path

import pytest

from .generated import StepFailed, run


def lint(npm: Path, document: Path) -> str:
    return run(["node_modules/.bin/redocly", "lint", document, "--config", "redocly.yaml"], npm)


def test_the_document_fits_the_specification(document: Path) -> None:
    validation = pytest.importorskip("openapi_spec_validator")

    validation.validate(json.loads(document.read_text(encoding="utf-8")))


def test_redocly_has_nothing_to_say(npm: Path, document: Path) -> None:
    assert "valid" in lint(npm, document)


def test_redocly_would_say_it(npm: Path, document: Path, tmp_path: Path) -> None:
    broken = json.loads(document.read_text(encoding="utf-8"))
    del broken["paths"]["/api/v1/memories"]["get"]["operationId"]
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(broken), encoding="utf-8")

    with pytest.raises(StepFailed, match="operation-operationId"):
        lint(npm, path)
