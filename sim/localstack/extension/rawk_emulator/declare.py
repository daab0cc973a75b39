"""Registers the extension with a LocalStack: its entry points, as pip would write them, and the path of its code.

Nothing is built, so no build tool is needed: `python -P declare.py SITE_PACKAGES`, run by LocalStack's own Python. It
uses the standard library alone, because it also runs where nothing else of this repository is installed.
"""

import sys
import tomllib
from pathlib import Path

EXTENSION = Path(__file__).resolve().parents[1]


def declare(site_packages: Path) -> None:
    """Write the extension's metadata into an environment, not its code."""
    project = tomllib.loads((EXTENSION / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = site_packages / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    lines = [line for group, points in groups for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")


def point_to_code(site_packages: Path) -> None:
    """Put the folder of the code on every path."""
    (site_packages / "rawk_emulator.pth").write_text(f"{EXTENSION}\n")


if __name__ == "__main__":
    declare(Path(sys.argv[1]))
    point_to_code(Path(sys.argv[1]))
