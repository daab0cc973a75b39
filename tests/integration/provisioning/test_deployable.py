"""Packages for AWS, with fake libraries; `tox -e package` installs the real ones from a registry."""

import io
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from sim.provisioning import ProvisionError, build_api_package, lambda_packages

LIBRARIES = {"library/__init__.py": b"WORDS = {'one', 'two'}\n", "library/template.py": b"{{ no Python }}"}


@pytest.fixture(autouse=True)
def libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_packages, "libraries", lambda _: dict(LIBRARIES))


def unzipped(path: Path) -> dict[str, zipfile.ZipInfo]:
    return {entry.filename: entry for entry in zipfile.ZipFile(path).infolist()}


def test_each_architecture_gets_a_worker_and_an_api(tmp_path: Path) -> None:
    printed: list[str] = []
    made = lambda_packages.build(tmp_path, ["x86_64", "arm64"], say=printed.append)

    names = ["worker-x86_64.zip", "api-x86_64.zip", "worker-arm64.zip", "api-arm64.zip"]
    assert [path.name for path in made] == names
    assert all("MB unzipped, sha256" in line for line in printed)
    worker, api = unzipped(made[0]), unzipped(made[1])
    wanted = {"library/__init__.py", cache_from_source("library/__init__.py"), "rawk/aws_lambda.py"}
    assert wanted <= worker.keys()
    assert cache_from_source("library/template.py") not in worker
    assert api.keys() - worker.keys() == {"run.sh"}


def test_the_handler_of_the_api_is_executable_and_its_modules_are_readable(tmp_path: Path) -> None:
    entries = unzipped(lambda_packages.build(tmp_path, ["x86_64"])[1])

    assert entries["run.sh"].external_attr >> 16 == 0o100755
    assert entries["rawk/asgi.py"].external_attr >> 16 == 0o100644


def test_another_process_makes_the_same_bytes() -> None:
    build = "import sys; from sim.provisioning import build_api_package; sys.stdout.buffer.write(build_api_package())"
    other = subprocess.run([sys.executable, "-c", build], capture_output=True, check=True).stdout

    assert other == build_api_package()
    assert "run.sh" in zipfile.ZipFile(io.BytesIO(other)).namelist()


def test_a_package_above_the_limit_of_lambda_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_packages, "MAX_UNZIPPED_BYTES", 1024)
    with pytest.raises(ProvisionError, match=r"worker-x86_64.zip would be .* deploy it as an image"):
        lambda_packages.build(tmp_path, ["x86_64"])
    assert list(tmp_path.iterdir()) == []


def test_another_python_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_packages, "PYTHON", (3, 99))
    with pytest.raises(ProvisionError, match=r"only Python 3\.99 makes its bytecode"):
        lambda_packages.build(tmp_path, ["x86_64"])


def test_a_failed_installation_is_reported_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()  # the real libraries, of a lock that names none
    monkeypatch.setattr(lambda_packages, "LOCK", tmp_path / "no-lock.txt")

    assert lambda_packages.main(["--into", str(tmp_path), "--architecture", "arm64"]) == 1
    assert "package: the libraries for aarch64-manylinux_2_28 could not be installed: " in capsys.readouterr().err
