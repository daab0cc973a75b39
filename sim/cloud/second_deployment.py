"""What an operator changes of a running deployment: each topology's second deployment has all of it at once.

Together they change the egress, the VPC endpoints, every number of instances and sizes, and move a public database to a
private topology.
"""

import json
from collections.abc import Mapping
from typing import Any

LOG_RETENTION_DAYS = 7

_EVERYWHERE: dict[str, Any] = {
    "log_retention_days": LOG_RETENTION_DAYS,
    "maximum_concurrency": 7,
    "function_memory_megabytes": 768,
}
_TO_PRIVATE: dict[str, Any] = {"database_in_public_subnets": True, "database_allowed_cidrs": []}

CHANGES: Mapping[str, Mapping[str, Any]] = {
    "core": {},
    "apprunner": _TO_PRIVATE | {"api_min_instances": 2, "api_max_instances": 6, "vpc_endpoints": True},
    "apprunner-private": {"vpc_endpoints": True, "api_max_instances": 6, "api_memory_megabytes": 4096},
    "ec2": {"api_instance_type": "t4g.medium", "api_allowed_cidrs": ["203.0.113.0/24"], "database_multi_az": True},
    "ecs": {"egress": "ipv6", "vpc_endpoints": True, "api_min_instances": 2, "api_max_instances": 6},
    "lambda": {
        "egress": "nat",
        "vpc_endpoints": True,
        "api_memory_megabytes": 1024,
        "database_max_capacity_units": 4,
        "tags": {"Stage": "second"},
    },
}
"""Topology -> the variables that its second deployment changes."""

BECOMES = {"apprunner": "apprunner-private"}
"""The topology of the second deployment, where it is another one (docs/how-to/deploy.md, "To a private database")."""


def arguments(topology: str, values_file: str) -> tuple[str, ...]:
    """Terraform's arguments of the second deployment."""
    file = f"-var-file=topologies/{BECOMES.get(topology, topology)}.tfvars"
    changed = (_EVERYWHERE | dict(CHANGES[topology])).items()
    return file, f"-var-file={values_file}", *(f"-var={name}={_hcl(value)}" for name, value in changed)


def _hcl(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
