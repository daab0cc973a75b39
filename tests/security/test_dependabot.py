"""Dependabot looks into every folder that pins something, and every action is pinned by its commit."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.security import audit, images

ROOT = Path(__file__).parents[2]
CONFIGURATION = (ROOT / ".github/dependabot.yml").read_text(encoding="utf-8")


def folders(ecosystem: str) -> list[str]:
    """The folders, some with wildcards, of every entry for an ecosystem."""
    entries = re.split(r"^  - package-ecosystem: ", CONFIGURATION, flags=re.MULTILINE)[1:]
    own = [entry for entry in entries if entry.startswith(f"{ecosystem}\n")]
    return [found for entry in own for found in re.findall(r"^    (?:directory: |  - )(/\S*)$", entry, re.MULTILINE)]


def folder_of(path: Path) -> str:
    parent = path.parent.relative_to(ROOT).as_posix()
    return "/" if parent == "." else f"/{parent}"


def pinning() -> list[tuple[str, str]]:
    terraform = {
        folder_of(path) for path in (ROOT / "terraform").rglob("versions.tf") if ".terraform" not in path.parts
    }
    return sorted(
        [
            *{("pip", folder_of(path)) for path in [*audit.locks(), ROOT / "pyproject.toml"]},
            *{("docker", folder_of(ROOT / file)) for file in images.FILES if "Dockerfile" in file},
            ("docker-compose", "/"),
            ("github-actions", "/"),
            *(("npm", folder_of(path)) for path in ROOT.glob("tests/*/*/package-lock.json")),
            *(("terraform", folder) for folder in terraform),
        ]
    )


@pytest.mark.parametrize(("ecosystem", "folder"), pinning())
def test_every_folder_that_pins_something_is_updated(ecosystem: str, folder: str) -> None:
    assert any(fnmatch(folder, each) for each in folders(ecosystem)), (ecosystem, folder, folders(ecosystem))


def test_no_folder_is_named_that_is_not_there() -> None:
    for each in re.findall(r"(?:directory: |- )(/\S*)$", CONFIGURATION, re.MULTILINE):
        assert each == "/" or list(ROOT.glob(each[1:])), each


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)", workflow.read_text(encoding="utf-8"))

    assert used
    assert [each for each in used if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", each)] == []
