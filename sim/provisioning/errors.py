"""What can go wrong while a pipeline is rendered, made or removed."""

from __future__ import annotations

__all__ = ["ProvisionError", "RenderingError", "TerraformError"]


class ProvisionError(Exception):
    """The pipeline could not be made, read or removed; the message says which part and why."""


class RenderingError(ProvisionError):
    """The checked-in rendering is missing, stale or says something this code cannot honour."""


class TerraformError(ProvisionError):
    """Terraform is missing, failed or took too long; the message carries Terraform's own words."""
