"""The audit of the locks: what was not looked up never counts as audited."""

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.security import audit

FLAW = {"id": "PYSEC-2018-28", "aliases": ["CVE-2018-18074"], "fix_versions": ["2.20.0"], "description": "…"}
AUDITED = {"name": "click", "version": "8.4.0", "vulns": []}
FLAWED = {"name": "requests", "version": "2.19.0", "vulns": [FLAW]}
SKIPPED = {"name": "rawk", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def pip_audit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stands for pip-audit; a function of what it says about every lock."""

    def says(*dependencies: Any, text: str | None = None) -> None:
        output = json.dumps({"dependencies": dependencies, "fixes": []}) if text is None else text

        def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
            says.calls += 1  # type: ignore[attr-defined]
            return subprocess.CompletedProcess(command, 0, stdout=output, stderr="no connection")

        monkeypatch.setattr(audit.subprocess, "run", run)

    says.calls = 0  # type: ignore[attr-defined]
    return says


def test_every_lock_is_audited() -> None:
    names = {path.relative_to(audit.ROOT).as_posix() for path in audit.locks()}

    found = audit.ROOT.rglob("*.txt")
    hashed = {p.relative_to(audit.ROOT).as_posix() for p in found if p.parts[-2] != ".sim" and is_lock(p)}
    assert names == hashed
    assert {"requirements/product.txt", "requirements/dev.txt", "sim/localstack/requirements.txt"} <= names


def is_lock(path: Path) -> bool:
    own = not any(part.startswith(".") for part in path.relative_to(audit.ROOT).parts)
    return own and path.name != "product.txt.bak" and "\n    --hash=sha256:" in path.read_text("utf-8", "replace")


def test_audited_packages_without_a_vulnerability_pass(pip_audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pip_audit(AUDITED, SKIPPED)

    assert audit.main(["--require-data"]) == 0
    assert pip_audit.calls == len(audit.locks())
    assert "requirements/product.txt: 1 audited, 1 skipped, 0 vulnerabilities" in capsys.readouterr().out


def test_a_vulnerability_fails_and_is_named(pip_audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pip_audit(AUDITED, FLAWED)

    assert audit.main([]) == 1
    assert "requests 2.19.0: PYSEC-2018-28 (fixed in 2.20.0)" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "dependencies"), [(None, [SKIPPED]), (None, []), ("", []), ("nonsense", [])])
def test_without_data_it_is_skipped_and_says_so(
    pip_audit: Any, capsys: pytest.CaptureFixture[str], text: str | None, dependencies: list[Any]
) -> None:
    pip_audit(*dependencies, text=text)

    assert audit.main([]) == 0
    count = len(audit.locks())
    assert f"skipped: the audit of {count} of {count} locks" in capsys.readouterr().out
    assert pip_audit.calls == 1
    assert audit.main(["--require-data"]) == 1


@pytest.mark.parametrize(
    ("entry", "counts"),
    [
        ('id = "CVE-2018-18074"\nreason = "not used"\nuntil = 2026-12-31', True),
        ('id = "PYSEC-2018-28"\nreason = "not used"\nuntil = 2026-12-31', True),
        ('id = "CVE-2018-18074"\nreason = "not used"\nuntil = 2026-12-01', False),
        ('id = "CVE-2018-18074"\nreason = ""\nuntil = 2026-12-31', False),
        ('id = "CVE-2018-18075"\nreason = "another"\nuntil = 2026-12-31', False),
    ],
)
def test_a_vulnerability_may_be_accepted_for_a_time(tmp_path: Path, entry: str, counts: bool) -> None:
    path = tmp_path / "accepted.toml"
    path.write_text(f"[[accepted]]\n{entry}\n", encoding="utf-8")

    known = audit.accepted(date(2026, 12, 2), path)

    assert (audit.judge("x", {"dependencies": [FLAWED]}, known).found == []) == counts


def test_the_accepted_ones_are_well_formed() -> None:
    audit.accepted(date(2026, 12, 2))
