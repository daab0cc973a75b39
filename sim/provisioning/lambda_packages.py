"""Packages for Lambda without images: `tox -e package`.

It writes to `dist/`, for each architecture, the worker's zip (code, locked libraries, bytecode) and the API's (the same
and `run.sh`), and their bill of materials (`sbom`). The same sources and lock give the same bytes. It installs wheels
only, each by its hash, so it builds nothing and the machine's architecture does not matter.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from uv import find_uv_bin

from sim.platform.paths import REPOSITORY
from sim.provisioning import sbom
from sim.provisioning.errors import ProvisionError
from sim.provisioning.function_package import RUN_SH, product_files, run_sh
from sim.provisioning.zip_archives import files_below, with_bytecode, zip_of

__all__ = ["ARCHITECTURES", "MAX_UNZIPPED_BYTES", "build", "main"]

LOCK = REPOSITORY / "requirements" / "product.txt"

PYTHON = (3, 13)
"""The functions' runtime. Bytecode depends on the version, so this command needs the same Python."""

ARCHITECTURES: Mapping[str, str] = {
    "x86_64": "x86_64-manylinux_2_28",
    "arm64": "aarch64-manylinux_2_28",
}
"""Lambda's name -> uv's name of the platform (the runtime is Amazon Linux 2023, glibc 2.34)."""

MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
"""AWS's limit, layers included (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""

INSTALL_LIMIT_SECONDS = 600.0

_LEFT_OUT = ("bin/", "share/", "include/")
_RECORDS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"}
"""Records of the installer, which differ between machines."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 when all packages exist, 1 when one could not be made."""
    options = _parser().parse_args(arguments)
    try:
        build(options.into, options.architecture or list(ARCHITECTURES), say=print)
        sbom.build(options.into)
    except ProvisionError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


def build(into: Path, architectures: Sequence[str], say: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Make `worker-ARCH.zip` and `api-ARCH.zip` in the folder. Raises ProvisionError."""
    if sys.version_info[:2] != PYTHON:
        raise ProvisionError(
            f"only Python {PYTHON[0]}.{PYTHON[1]} makes its bytecode, not {sys.version_info[0]}.{sys.version_info[1]}."
        )
    into.mkdir(parents=True, exist_ok=True)
    product, start = with_bytecode(product_files()), {RUN_SH: run_sh()}
    made: list[Path] = []
    for architecture in architectures:
        files = {**with_bytecode(libraries(architecture)), **product}
        for name, content in {"worker": files, "api": {**files, **start}}.items():
            made.append(_write(into / f"{name}-{architecture}.zip", content, say))
    return made


def libraries(architecture: str) -> dict[str, bytes]:
    """All files of the locked libraries for an architecture. Raises ProvisionError."""
    with tempfile.TemporaryDirectory(prefix="rawk-package-") as folder:
        _install(ARCHITECTURES[architecture], Path(folder))
        return {name: content for name, content in files_below(Path(folder)).items() if _is_wanted(name)}


def _install(platform: str, folder: Path) -> None:
    command = [find_uv_bin(), "pip", "install", "--quiet", "--target", str(folder), "--python", sys.executable]
    command += ["--python-platform", platform, "--python-version", f"{PYTHON[0]}.{PYTHON[1]}"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy", "-r", str(LOCK)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_LIMIT_SECONDS)
    except subprocess.CalledProcessError as error:
        raise ProvisionError(f"the libraries for {platform} could not be installed: {error.stderr.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise ProvisionError(
            f"the libraries for {platform} were not installed within {INSTALL_LIMIT_SECONDS:g} s"
        ) from error


def _is_wanted(name: str) -> bool:
    is_record = ".dist-info/" in name and Path(name).name in _RECORDS
    return not name.startswith(_LEFT_OUT) and not is_record and Path(name).name != ".lock"


def _write(path: Path, files: Mapping[str, bytes], say: Callable[[str], None]) -> Path:
    unzipped_bytes = sum(len(content) for content in files.values())
    if unzipped_bytes > MAX_UNZIPPED_BYTES:
        raise ProvisionError(
            f"{path.name} would be {_megabytes(unzipped_bytes)} MB unzipped, and Lambda accepts "
            f"{_megabytes(MAX_UNZIPPED_BYTES)}: deploy it as an image (Dockerfile.lambda)."
        )
    package = zip_of(files)
    path.write_bytes(package)
    digest = hashlib.sha256(package).hexdigest()
    say(f"{path}: {_megabytes(len(package))} MB, {_megabytes(unzipped_bytes)} MB unzipped, sha256 {digest[:16]}")
    return path


def _megabytes(count: int) -> str:
    return f"{count / 1024 / 1024:.1f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tox -e package --", description="Packages for Lambda without images.")
    parser.add_argument("--into", type=Path, default=REPOSITORY / "dist", help="folder for the zips (default: dist)")
    parser.add_argument(
        "--architecture", action="append", choices=list(ARCHITECTURES), help="only this architecture (default: both)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
