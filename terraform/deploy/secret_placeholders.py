"""Placeholders for the secrets.

Terraform's plan requires values of the secrets, but writes them only at the first apply and whenever `secrets_version`
is raised. No plan or state contains them. So placeholders serve where no secret is written, and are refused where one
is.
"""

from __future__ import annotations

import re
from pathlib import Path

from terraform.deploy.console import Failure
from terraform.deploy.deployment import Deployment

__all__ = ["fill_in", "refuse_to_write", "replace_all"]

_PLACEHOLDER = "placeholder-of-a-secret-that-is-not-written"
_PLACEHOLDERS = {
    "TF_VAR_openai_api_key": _PLACEHOLDER,
    "TF_VAR_api_keys_json": f'{{"{_PLACEHOLDER}": "none"}}',
}
_NOT_GENERATED = {
    "TF_VAR_generate_database_password": "false",
    "TF_VAR_database_password": _PLACEHOLDER,
    "TF_VAR_generate_openai_simulator_key": "false",
    "TF_VAR_openai_simulator_key": _PLACEHOLDER,
}
"""Terraform reads generated passwords back from their secrets, given ones never."""
_WRITTEN = re.compile(r"aws_secretsmanager_secret_version\.(openai_api_key|api_keys)")


def fill_in(deployment: Deployment) -> None:
    """Set a placeholder for each secret that is not given."""
    variables = deployment.target.environment
    for name, placeholder in _PLACEHOLDERS.items():
        variables.setdefault(name, placeholder)


def replace_all(deployment: Deployment) -> None:
    """Set a placeholder for every secret, given ones included: the plan opens none, and must not be applied."""
    deployment.target.environment.update(_PLACEHOLDERS | _NOT_GENERATED)


def refuse_to_write(deployment: Deployment, plan: Path) -> None:
    """Raises Failure when the plan writes a secret for which a placeholder is set."""
    variables = deployment.target.environment
    if not any(variables.get(name) == placeholder for name, placeholder in _PLACEHOLDERS.items()):
        return
    changes = deployment.terraform.changes(plan)
    if any(_WRITTEN.search(each.address) and {"create", "update"} & set(each.actions) for each in changes):
        raise Failure(
            "this plan writes the secrets, so their values are required: set TF_VAR_openai_api_key and"
            " TF_VAR_api_keys_json (or write them manually: -- -var secrets_version=0). Nothing was changed."
        )
