"""Every engine there is, by the name that `--engine` takes, with what it can do.

To add one, declare it here: the plugin, its options and the marks of stories know no other place.
"""

from sim.emulator.environment import prepare_environment
from sim.engines.embedded import EmbeddedWorld
from sim.engines.engine import Capability, Engine, EngineNotReady, Say, WorldPlan
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


EMBEDDED = Engine(
    name="embedded",
    about="LocalStack, Postgres and the OpenAI simulator on this machine, without Docker, in virtual time",
    can=frozenset(Capability),
    costs_money=False,
    prepare=_prepare_embedded,
    world=_embedded_world,
)

ENGINES = {engine.name: engine for engine in (EMBEDDED,)}
DEFAULT = EMBEDDED.name
