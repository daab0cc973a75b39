"""A pipeline as the harness uses it: names, addresses, environments and limits.

Both ways to create a pipeline (from the rendering, by a real `terraform apply`) return the same `Pipeline`, read from
the same outputs of `terraform/outputs.tf`. None of its numbers is defined in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import boto3

from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError

__all__ = ["CreatedResource", "Limits", "Pipeline", "put_secrets"]


@dataclass(frozen=True)
class Limits:
    """The limits of a pipeline: output `limits` of the Terraform configuration."""

    function_timeout_seconds: int
    relay_timeout_seconds: int
    visibility_timeout_seconds: int
    lease_seconds: int
    openai_timeout_seconds: int
    max_receive_count: int
    maximum_concurrency: int
    jobs_retention_seconds: int
    dead_letter_retention_seconds: int
    audio_expiry_days: int
    analysis_retry_base_seconds: int
    analysis_retry_limit: int
    orphan_audio_after_seconds: int
    outbox_grace_seconds: int


@dataclass(frozen=True)
class CreatedResource:
    """One resource that `provision` has created, with the identities that its removal needs."""

    address: str
    type: str
    references: Mapping[str, str]


@dataclass(frozen=True)
class Pipeline:
    """One provisioned pipeline.

    `role_arns` has api, worker and relay; `log_groups` worker and relay; `secret_ids` database_url,
    openai_api_key and api_keys. The environments are those of the API and of the operator's command
    line tool, without credentials and region.
    """

    name: str
    topology: str
    api: Mapping[str, str | None]
    """The API's compute service and URL; `kind` is `none` when the harness runs the API itself."""
    images: Mapping[str, str | None]
    openai_simulator: Mapping[str, str]
    """`url` and `key_secret_id` of a deployed OpenAI simulator; empty without one."""
    audio_bucket: str
    jobs_queue_url: str
    jobs_queue_arn: str
    dead_letter_queue_url: str
    dead_letter_queue_arn: str
    dead_letter_alarm: str
    worker_function: str
    relay_function: str
    mapping_uuid: str
    relay_rule: str
    operator_policy_arn: str
    log_groups: Mapping[str, str]
    role_arns: Mapping[str, str]
    secret_ids: Mapping[str, str]
    api_environment: Mapping[str, str]
    operator_environment: Mapping[str, str]
    limits: Limits
    outage_tolerance_seconds: int
    """The pipeline tolerates such an outage without redrive: the sum of the waits between the receives of a job."""
    resources: tuple[CreatedResource, ...] = field(default=(), compare=False, repr=False)
    """In the order of their creation; empty when Terraform manages them."""

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any], resources: tuple[CreatedResource, ...] = ()) -> Pipeline:
        """Read the outputs of the Terraform configuration.

        Raises ProvisionError with the outputs that are missing or unknown.
        """
        expected = {each.name for each in fields(cls)} - {"resources"}
        _same_names("outputs", expected, set(outputs))
        expected_limits = {each.name for each in fields(Limits)}
        _same_names("limits", expected_limits, set(outputs["limits"]))
        return cls(**{**outputs, "limits": Limits(**outputs["limits"])}, resources=resources)


def put_secrets(
    pipeline: Pipeline,
    *,
    database_url: str,
    openai_api_key: str,
    api_keys_json: str,
    session: boto3.Session,
    endpoint_url: str,
) -> None:
    """Write the pipeline's three secrets. Terraform creates them without values, so that no state has a value."""
    client = Clients.of(session, endpoint_url).secretsmanager
    values = {"database_url": database_url, "openai_api_key": openai_api_key, "api_keys": api_keys_json}
    for name, value in values.items():
        client.put_secret_value(SecretId=pipeline.secret_ids[name], SecretString=value)


def _same_names(what: str, expected: set[str], found: set[str]) -> None:
    if expected != found:
        raise ProvisionError(
            f"The {what} of the Terraform configuration and of sim.provisioning.Pipeline differ: "
            f"missing {sorted(expected - found)}, unknown {sorted(found - expected)}."
        )
