"""Under a wrong Python or without the packages there is one sentence, exit code 2, and no traceback."""

import ast
from pathlib import Path

import pytest

from sim.platform.requirements import require_packages, require_python

ROOT = Path(__file__).resolve().parents[3]


def test_an_old_python_is_refused_with_the_command_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        require_python(3, 11)

    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sim: sim needs Python 3.13, and this is Python 3.11; run `tox -e sim -- COMMAND`")


def test_a_missing_package_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        require_packages("pytest", "no_such_package")

    assert ended.value.code == 2
    assert "the package no_such_package is not installed here" in capsys.readouterr().err


def test_this_python_and_its_packages_are_accepted() -> None:
    require_python()
    require_packages("pytest", "psutil")


@pytest.mark.parametrize(
    "file",
    ["sim/__init__.py", "sim/__main__.py", "sim/platform/__init__.py", "sim/platform/requirements.py"],
)
def test_what_an_old_python_reads_has_no_new_syntax(file: str) -> None:
    ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 8))
