"""Every engine there is, by the name that `--engine` takes, with what it can do.

To add one, declare it here: the plugin, its options and the marks of stories know no other place.
"""

from contextlib import AbstractContextManager

from sim.emulator.environment import prepare_environment
from sim.engines.embedded import EmbeddedWorld
from sim.engines.engine import Capability, Engine, EngineNotReady, Say, World, WorldPlan
from sim.locked_environment import EnvironmentNotBuilt


def _prepare_embedded(say: Say) -> None:
    try:
        prepare_environment(say=say)
    except EnvironmentNotBuilt as error:
        raise EngineNotReady(str(error)) from error


def _embedded_world(plan: WorldPlan) -> EmbeddedWorld:
    return EmbeddedWorld(
        plan.folder, plan.topology, say=plan.say, events_file=plan.events_file, with_terraform=plan.with_terraform
    )


def _prepare_docker(say: Say) -> None:
    from sim.engines import docker  # with Testcontainers, which takes a while to import

    docker.prepare(say)


def _docker_world(plan: WorldPlan) -> AbstractContextManager[World]:
    from sim.engines.docker import DockerWorld

    return DockerWorld(plan.folder, plan.topology, say=plan.say, events_file=plan.events_file)


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
    about="LocalStack, Postgres, API and functions in containers, in real time and with short limits",
    can=frozenset(Capability) - {Capability.VIRTUAL_TIME, Capability.PRODUCTION_LIMITS},
    costs_money=False,
    prepare=_prepare_docker,
    world=_docker_world,
    topology="short",
)

ENGINES = {engine.name: engine for engine in (EMBEDDED, DOCKER)}
DEFAULT = EMBEDDED.name
