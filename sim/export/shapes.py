"""The topologies, as far as FIS could touch them: who runs where (terraform/topologies.tf, held together by a test)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type Subnets = Literal["public", "private"]
ZONES = 2
"""terraform/modules/network: subnets are made in two zones, `NAME-private-0` and `NAME-private-1`."""


@dataclass(frozen=True)
class Shape:
    """What the API runs on, and in which subnets things are: None for in no network of ours, or not there at all."""

    api: Literal["apprunner", "ec2", "ecs", "lambda"] | None
    api_in: Subnets | None
    functions_in: Subnets | None
    database_in: Subnets | None


SHAPES: Mapping[str, Shape] = {
    "core": Shape(None, None, None, None),
    "apprunner": Shape("apprunner", None, None, "public"),
    "ec2": Shape("ec2", "public", None, "public"),
    "ecs": Shape("ecs", "public", "private", "private"),
    "apprunner-private": Shape("apprunner", "private", "private", "private"),
    "lambda": Shape("lambda", "private", "private", "private"),
}
DEFAULT_TOPOLOGY = "ecs"
