"""Advice for Terraform's errors."""

import pytest

from terraform.deploy.advice import advice

LOCKED = """\
│ Error: Error acquiring the state lock
│ RequestID: 11111111-9d25-15c7-7f6a-71fb7960186b, api error PreconditionFailed
│   ID:        27a190e8-9d25-15c7-7f6a-71fb7960186b
"""


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (LOCKED, "./deploy.sh ecs unlock 27a190e8-9d25-15c7-7f6a-71fb7960186b"),
        ("Error acquiring the state lock", "./deploy.sh ecs unlock ID"),
        ("Error releasing the state lock", "its lock remains: ./deploy.sh ecs unlock ID"),
        ("Saved plan is stale", "make and review a new plan"),
        ("wrote errored.tfstate", "state push errored.tfstate"),
        ("api error NoSuchBucket", "there is no bucket states for the state: apply terraform/bootstrap first"),
        ("the token included in the request is expired", "the credentials have expired"),
    ],
)
def test_a_frequent_error_comes_with_advice(errors: str, expected: str) -> None:
    assert expected in " ".join(advice(errors, "ecs", "states"))


def test_another_error_comes_without_advice() -> None:
    assert advice("Error: Invalid index", "ecs", "states") == []
