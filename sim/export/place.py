"""Where an experiment runs: the pipeline's name, topology and account, and by what AWS knows its parts.

What Terraform's outputs tell is taken from them. Without them ARNs hold the words ACCOUNT_ID and REGION, which AWS
refuses, rather than a number that looks right.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.export.shapes import SHAPES, Shape
from sim.provision.errors import ProvisionError
from sim.provision.pipeline import Limits, Pipeline
from sim.provision.rendering import Rendering

UNKNOWN_ACCOUNT = "ACCOUNT_ID"
UNKNOWN_REGION = "REGION"
LOCALSTACK_ACCOUNT = "000000000000"


class UnusableOutputs(Exception):
    """The file is not what `terraform output -json` prints; the text says what is wrong with it."""


@dataclass(frozen=True)
class Place:
    """One pipeline in one account. `api` is the output of that name, empty where it is not known."""

    name: str
    topology: str
    limits: Limits
    survival_seconds: int
    account: str = UNKNOWN_ACCOUNT
    region: str = UNKNOWN_REGION
    partition: str = "aws"
    api: Mapping[str, str | None] = field(default_factory=dict)
    dead_letter_alarm: str = ""
    bucket: str = ""
    vpc_endpoints: bool = False
    """Whether SQS is reached by an interface endpoint inside the network (Terraform's `vpc_endpoints`)."""

    @property
    def shape(self) -> Shape:
        return SHAPES[self.topology]

    @property
    def audio_bucket(self) -> str:
        account = LOCALSTACK_ACCOUNT if self.account == UNKNOWN_ACCOUNT else self.account
        return self.bucket or f"{self.name}-audio-{account}"

    @property
    def jobs_queue_url(self) -> str:
        return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{self.name}-jobs"

    @property
    def worker_function(self) -> str:
        return f"{self.name}-worker"

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left for a person to fill in."""
        return self.account != UNKNOWN_ACCOUNT and self.region != UNKNOWN_REGION

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account}:{resource}"

    def alarm(self, ending: str) -> str:
        """The ARN of one of the pipeline's alarms; the dead letters' is known by its own name."""
        name = self.dead_letter_alarm if ending == DEAD_LETTERS and self.dead_letter_alarm else f"{self.name}-{ending}"
        return self.arn("cloudwatch", f"alarm:{name}")

    def tags(self, **more: str) -> dict[str, str]:
        """What all that Terraform makes of this pipeline is tagged with."""
        return {"Project": "rawk", "Pipeline": self.name, **more}


DEAD_LETTERS = "jobs-dead-letters"
OLDEST_JOB = "oldest-job"
API_ERRORS = "api-5xx"


def place_by_name(name: str, topology: str, **known: Any) -> Place:
    """A pipeline with the limits that Terraform deploys by default: those of the checked-in rendering."""
    outputs = Rendering.load("core").outputs
    return Place(name, topology, Limits(**outputs["limits"]), outputs["survival_seconds"], **known)


def place_from_outputs(path: Path, *, vpc_endpoints: bool = False) -> Place:
    """What `terraform output -json` printed into a file. Raises UnusableOutputs, and OSError when there is none."""
    pipeline = _pipeline(path)
    arn = re.fullmatch(r"arn:([^:]+):sqs:([^:]+):([^:]+):.+", pipeline.jobs_queue_arn)
    if arn is None:
        raise UnusableOutputs(f"{path}: jobs_queue_arn is {pipeline.jobs_queue_arn!r}, which is no queue's ARN.")
    if pipeline.topology not in SHAPES:
        raise UnusableOutputs(f"{path}: there is no topology {pipeline.topology!r}; there is {', '.join(SHAPES)}.")
    partition, region, account = arn.groups()
    return Place(
        name=pipeline.name,
        topology=pipeline.topology,
        limits=pipeline.limits,
        survival_seconds=pipeline.survival_seconds,
        account=account,
        region=region,
        partition=partition,
        api=pipeline.api,
        dead_letter_alarm=pipeline.dead_letter_alarm,
        bucket=pipeline.audio_bucket,
        vpc_endpoints=vpc_endpoints,
    )


def _pipeline(path: Path) -> Pipeline:
    try:
        printed = json.loads(path.read_text(encoding="utf-8"))
        return Pipeline.from_outputs({name: each["value"] for name, each in printed.items()})
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise UnusableOutputs(f"{path} is not what `terraform output -json` prints: {error!r}") from error
    except ProvisionError as error:
        raise UnusableOutputs(f"{path}: {error}") from error
