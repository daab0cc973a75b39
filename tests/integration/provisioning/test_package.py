"""The functions' package: the same bytes for the same sources, with the sources and their bytecode only."""

import io
import os
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from sim.provisioning import ProvisionError, build_package

BYTECODE = cache_from_source("rawk/__init__.py")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    package = tmp_path / "rawk"
    (package / "adapters" / "postgres").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "adapters" / "postgres" / "script.mako").write_text("x")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "a.cpython-313.pyc").write_bytes(b"x")
    return package


def test_it_has_sources_and_their_bytecode_only(sources: Path) -> None:
    names = zipfile.ZipFile(io.BytesIO(build_package(sources))).namelist()
    assert names == ["rawk/__init__.py", BYTECODE, "rawk/adapters/postgres/script.mako"]


def test_python_runs_its_bytecode(sources: Path, tmp_path: Path) -> None:
    (sources / "__init__.py").write_text("print('from bytecode')")
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(io.BytesIO(build_package(sources))).extractall(unpacked)
    (unpacked / "rawk" / "__init__.py").write_text("print('compiled again')")

    ran = subprocess.run(
        [sys.executable, "-c", "import rawk"], cwd=unpacked, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "from bytecode\n"


def test_the_same_sources_give_the_same_bytes(sources: Path) -> None:
    before = build_package(sources)
    os.utime(sources / "__init__.py", (1, 1))
    (sources / "__init__.py").chmod(0o600)
    assert build_package(sources) == before
    (sources / "__init__.py").write_text("changed = True")
    assert build_package(sources) != before


def test_a_folder_that_is_not_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match=r"no __init__\.py"):
        build_package(tmp_path)


def test_it_has_the_product() -> None:
    names = zipfile.ZipFile(io.BytesIO(build_package())).namelist()
    assert "rawk/aws_lambda.py" in names
    assert not [each for each in names if not each.startswith("rawk/")]
