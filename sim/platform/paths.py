"""Where this checkout is, and what lies in it."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

ENVIRONMENTS = REPOSITORY / ".sim" / "environments"
"""Locked Python environments (LocalStack, moto), built once per lock and machine."""
