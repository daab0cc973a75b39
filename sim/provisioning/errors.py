"""Errors while a pipeline is rendered, created or removed."""

from __future__ import annotations

__all__ = ["ProvisionError", "RenderingError", "TerraformError"]


class ProvisionError(Exception):
    """The pipeline could not be created, read or removed; the message says which part and why."""


class RenderingError(ProvisionError):
    """The checked-in rendering is missing or stale, or has something that this code does not support."""


class TerraformError(ProvisionError):
    """Terraform is missing, failed or took too long; the message has Terraform's error output."""
