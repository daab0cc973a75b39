"""What a plan would lose."""

from __future__ import annotations

from collections.abc import Iterable

from terraform.deploy.terraform_cli import Change

__all__ = ["losses"]

_HOLDS_NOTHING = (
    "aws_ecs_task_definition",  # the old revision stays registered
    "aws_eip_association",  # the address stays
    "aws_instance",  # it keeps nothing on its disk
    "aws_lambda_permission",
)
"""Types that a new version replaces, without a loss of data or of an address."""


def losses(changes: Iterable[Change]) -> list[str]:
    """Addresses of the resources that the plan removes, or replaces although they hold data or an address."""
    return [
        each.address
        for each in changes
        if "delete" in each.actions and ("create" not in each.actions or each.type not in _HOLDS_NOTHING)
    ]
