"""The software bill of materials of what is delivered, in CycloneDX: `tox -e sbom`, and after `tox -e package`.

It writes to `dist/` one document for the packages of functions (the locked libraries), and one for each image (the
libraries and the base images). `cyclonedx-py` reads the lock, hashes included. The same lock gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.platform.paths import REPOSITORY
from sim.provisioning.errors import ProvisionError

__all__ = ["base_images", "build", "main"]

LOCK = REPOSITORY / "requirements" / "product.txt"
SECONDS = 120.0

IMAGES: Mapping[str, str] = {"api": "Dockerfile", "worker": "Dockerfile.lambda"}
"""Image → the file that it is built from."""

_FROM = re.compile(r"^(?:FROM|COPY\s+--from=)\s*(\S+[:/]\S+)", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 when all documents exist."""
    parser = argparse.ArgumentParser(prog="tox -e sbom --", description="Software bills of materials, CycloneDX.")
    parser.add_argument("--into", type=Path, default=REPOSITORY / "dist", help="folder (default: dist)")
    try:
        for path in build(parser.parse_args(arguments).into):
            print(path)
    except ProvisionError as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 1
    return 0


def build(into: Path) -> list[Path]:
    """Make `rawk.cdx.json`, `rawk-api-image.cdx.json` and `rawk-worker-image.cdx.json`. Raises ProvisionError."""
    into.mkdir(parents=True, exist_ok=True)
    libraries = _libraries()
    written = [_write(into / "rawk.cdx.json", libraries)]
    for image, dockerfile in IMAGES.items():
        bases = [_container(name) for name in base_images((REPOSITORY / dockerfile).read_text(encoding="utf-8"))]
        document = {**libraries, "components": [*bases, *libraries["components"]]}
        written.append(_write(into / f"rawk-{image}-image.cdx.json", document))
    return written


def base_images(dockerfile: str) -> list[str]:
    """The images of others in a Dockerfile, each once."""
    return list(dict.fromkeys(_FROM.findall(dockerfile)))


def _container(image: str) -> dict[str, Any]:
    """https://github.com/package-url/purl-spec: a digest is the version, where there is one."""
    name, _, digest = image.partition("@")
    repository, _, tag = name.rpartition(":")
    repository_name = repository.rpartition("/")[2]
    purl = f"pkg:docker/{repository}@{digest or tag}".replace("sha256:", "sha256%3A")
    return {"bom-ref": purl, "type": "container", "name": repository_name, "version": digest or tag, "purl": purl}


def _libraries() -> dict[str, Any]:
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible", "--output-format", "JSON"]
    command += ["--pyproject", str(REPOSITORY / "pyproject.toml"), str(LOCK)]
    try:
        ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.CalledProcessError as error:
        raise ProvisionError(f"cyclonedx-py failed: {error.stderr.strip()[-500:]}") from error
    except subprocess.TimeoutExpired as error:
        raise ProvisionError(f"cyclonedx-py did not end within {SECONDS:g} s") from error
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def _write(path: Path, document: Mapping[str, Any]) -> Path:
    from cyclonedx.schema import SchemaVersion  # only the environments `package` and `sbom` have it
    from cyclonedx.validation.json import JsonStrictValidator

    text = json.dumps(document, indent=2) + "\n"
    version = SchemaVersion.from_version(document["specVersion"])
    if (error := JsonStrictValidator(version).validate_str(text)) is not None:
        raise ProvisionError(f"{path.name} is no valid CycloneDX: {error}")
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
