"""The functions' code as a zip: `src/rawk`, sources only, the same bytes for the same sources.

Dependencies are not in it. On AWS they are in the image or in the package a deploy builds; locally
they come from the environment the functions run in.
"""

from __future__ import annotations

import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

from sim.provision.errors import ProvisionError

__all__ = ["build_package"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
_READABLE = 0o644 << 16
_LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def build_package(sources: Path | None = None) -> bytes:
    """Zip one Python package, by default the product as this interpreter would import it.

    Raises ProvisionError when there is none.
    """
    sources = sources or _product()
    if not (sources / "__init__.py").is_file():
        raise ProvisionError(f"{sources} is not a Python package: it has no __init__.py.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(_files(sources)):
            entry = zipfile.ZipInfo(path.relative_to(sources.parent).as_posix(), _EPOCH)
            entry.external_attr = _READABLE
            entry.create_system = 3  # Unix, on every machine
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _product() -> Path:
    found = find_spec("rawk")
    if found is None or found.origin is None:
        raise ProvisionError("The package rawk is not importable here, so there is no code to give to the functions.")
    return Path(found.origin).parent


def _files(sources: Path) -> list[Path]:
    return [
        path
        for path in sources.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not _LEFT_OUT.intersection(path.parts)
    ]
