"""Folders of this checkout."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

ENVIRONMENTS = REPOSITORY / ".sim" / "environments"
"""Locked Python environments (LocalStack, moto), built once per lock file and machine."""
