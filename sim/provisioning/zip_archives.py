"""Zips with bytecode, with the same bytes for the same content.

Without bytecode every cold start would compile the sources again, because their folder is read-only on AWS.
"""

from __future__ import annotations

import io
import marshal
import zipfile
from collections.abc import Mapping
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

__all__ = ["files_below", "with_bytecode", "zip_of"]

EXECUTABLE_SUFFIXES = {".sh"}

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of the zip format
_READABLE, _EXECUTABLE = 0o100644 << 16, 0o100755 << 16
_UNCHECKED_HASH = (0b01).to_bytes(4, "little")  # PEP 552's flags: by hash, and not checked
_WITHOUT_REFERENCES = 2
"""Marshal's last format that does not depend on the process's interned strings: the same bytes in each process."""
_LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def files_below(folder: Path, prefix: str = "") -> dict[str, bytes]:
    """The content of all files by their names in the zip, without caches and existing bytecode."""
    return {
        f"{prefix}{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix != ".pyc"
        and not _LEFT_OUT.intersection(path.relative_to(folder.parent).parts)
    }


def with_bytecode(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files, and the bytecode of each module by this interpreter.

    A `.py` file that is not Python, such as a template in a library, has no bytecode.
    """
    compiled: dict[str, bytes] = {}
    for name, content in files.items():
        if name.endswith(".py"):
            try:
                compiled[cache_from_source(name)] = _bytecode(name, content)
            except (SyntaxError, ValueError):
                continue
    return {**files, **compiled}


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip, in the order of their names; shell scripts are executable."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _EXECUTABLE if Path(name).suffix in EXECUTABLE_SUFFIXES else _READABLE
            entry.create_system = 3  # Unix, on every machine
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _bytecode(name: str, source: bytes) -> bytes:
    """A `.pyc` that is valid for any modification time of its source (PEP 552, unchecked): a zip has no exact times."""
    code = compile(source, name, "exec", dont_inherit=True)
    return MAGIC_NUMBER + _UNCHECKED_HASH + source_hash(source) + marshal.dumps(code, _WITHOUT_REFERENCES)
