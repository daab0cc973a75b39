"""All engines, by the name for `--engine`, with their capabilities.

A new engine is declared here; the plugin, its options and the marks of scenarios read this table only.
"""

from contextlib import AbstractContextManager

from sim.app import APP
from sim.engines.base.engine import (
    NOTHING_FOUND,
    Capability,
    Engine,
    EngineNotReady,
    Place,
    Preparation,
    Say,
    World,
    WorldPlan,
)
from sim.engines.embedded.engine import EmbeddedWorld
from sim.localstack.environment import prepare_environment
from sim.platform.locked_environment import EnvironmentNotBuilt


def _prepare_embedded(say: Say, _: Place) -> Preparation:
    try:
        prepare_environment(say=say)
    except EnvironmentNotBuilt as error:
        raise EngineNotReady(str(error)) from error
    return NOTHING_FOUND


def _embedded_world(plan: WorldPlan) -> EmbeddedWorld:
    return EmbeddedWorld(
        plan.folder, plan.topology, say=plan.say, events_file=plan.events_file, with_terraform=plan.with_terraform
    )


def _prepare_docker(say: Say, _: Place) -> Preparation:
    from sim.engines.docker import engine as docker  # imports Testcontainers, which takes a while

    docker.prepare(say)
    return NOTHING_FOUND


def _docker_world(plan: WorldPlan) -> AbstractContextManager[World]:
    from sim.engines.docker.engine import DockerWorld

    return DockerWorld(plan.folder, plan.topology, say=plan.say, events_file=plan.events_file)


def _prepare_endpoint(say: Say, place: Place) -> Preparation:
    from sim.engines.endpoint import engine as endpoint

    return endpoint.prepare(say, place)


def _endpoint_world(plan: WorldPlan) -> AbstractContextManager[World]:
    from sim.engines.endpoint.engine import EndpointWorld

    return EndpointWorld(plan)


def _prepare_aws(say: Say, place: Place) -> Preparation:
    from sim.engines.aws import engine as aws

    return aws.prepare(say, place)


def _aws_world(plan: WorldPlan) -> AbstractContextManager[World]:
    from sim.engines.aws.engine import AwsWorld

    return AwsWorld(plan)


EMBEDDED = Engine(
    name="embedded",
    about="LocalStack, Postgres and the OpenAI simulator on this machine, without Docker, in virtual time",
    can=frozenset(Capability),
    costs_money=False,
    prepare=_prepare_embedded,
    world=_embedded_world,
)

DOCKER = Engine(
    name="docker",
    about="LocalStack, Postgres, API and functions in containers, in real time and with short timeouts",
    can=frozenset(Capability)
    - {Capability.VIRTUAL_TIME, Capability.PRODUCTION_LIMITS, Capability.PAUSING_DATABASE, Capability.RELEASES},
    costs_money=False,
    prepare=_prepare_docker,
    world=_docker_world,
    topology=APP.renderings.short_timeouts,
)

ENDPOINT = Engine(
    name="endpoint",
    about="any AWS emulator that answers at --endpoint-url, in real time",
    can=frozenset(
        {
            Capability.API_KILLS,
            Capability.DATABASE_FAULTS,
            Capability.EXACT_BODIES,
            Capability.OPENAI_FAULTS,
            Capability.REDRIVE,
            Capability.SEVERAL_TENANTS,
            Capability.VISIBILITY_TIMEOUTS,
        }
    ),
    costs_money=False,
    prepare=_prepare_endpoint,
    world=_endpoint_world,
    topology=APP.renderings.slow_start,
    takes=frozenset({"endpoint_url"}),
)

AWS = Engine(
    name="aws",
    about="a pipeline that Terraform has deployed to real AWS, with simulated OpenAI, in real time",
    can=frozenset(
        {
            Capability.EXACT_BODIES,
            Capability.OPENAI_FAULTS,
            Capability.PRODUCTION_LIMITS,
            Capability.REDRIVE,
            Capability.SEVERAL_TENANTS,
            Capability.VISIBILITY_TIMEOUTS,
            Capability.WORKER_CONCURRENCY,
        }
    ),
    costs_money=True,
    prepare=_prepare_aws,
    world=_aws_world,
    one_at_a_time=True,
    takes=frozenset({"topology", "outputs", "api_url", "account", "yes_this_costs_money"}),
)

ENGINES = {engine.name: engine for engine in (EMBEDDED, DOCKER, ENDPOINT, AWS)}
DEFAULT = EMBEDDED.name
