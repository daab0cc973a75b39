"""The functions' code as a zip: `src/rawk` and its bytecode, the same bytes for the same sources.

Without bytecode every cold start would compile the sources anew: on AWS their folder can not be written. Dependencies
are not in it. On AWS they are in the image or in the package a deploy builds; locally they come from the environment
the functions run in.
"""

from __future__ import annotations

import io
import marshal
import zipfile
from importlib.util import MAGIC_NUMBER, cache_from_source, find_spec, source_hash
from pathlib import Path

from sim.provision.errors import ProvisionError

__all__ = ["build_package"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
_READABLE = 0o644 << 16
_UNCHECKED_HASH = (0b01).to_bytes(4, "little")  # PEP 552's flags: by hash, and not checked
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
            name = path.relative_to(sources.parent)
            content = path.read_bytes()
            _add(archive, name.as_posix(), content)
            if path.suffix == ".py":
                _add(archive, cache_from_source(str(name)), _bytecode(name, content))
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = _READABLE
    entry.create_system = 3  # Unix, on every machine
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _bytecode(name: Path, source: bytes) -> bytes:
    """A `.pyc` that is taken without a look at its source's time (PEP 552, unchecked): a zip keeps no exact times."""
    code = compile(source, str(name), "exec", dont_inherit=True)
    return MAGIC_NUMBER + _UNCHECKED_HASH + source_hash(source) + marshal.dumps(code)


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
