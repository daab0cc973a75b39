"""Call sites have the names of the product's port methods: a renamed method must not escape the explorer."""

import pytest

from rawk import ports
from sim.explorer.plan.call_sites import ACKNOWLEDGE, CALL_SITES, DELIVER, CallSite
from sim.explorer.plan.decisions import NoFaults
from sim.explorer.plan.plan import Plan
from sim.explorer.world.world import World

PORTS: dict[str, tuple[type, ...]] = {
    "memories": (ports.MemoryStore,),
    "audio": (ports.AudioStore, ports.AudioUpload),
    "queue": (ports.JobQueue,),
    "dead_letters": (ports.DeadLetters,),
    "openai": (ports.Transcriber, ports.Analyst),
}
NOT_INTERCEPTED = {"check", "figures", "link"}
"""Health checks and links: no use case of the explorer calls them."""


@pytest.mark.parametrize(
    "site", [site for site in CALL_SITES if site not in (ACKNOWLEDGE, DELIVER)], ids=lambda site: site.name
)
def test_a_call_site_names_a_method_of_its_port(site: CallSite) -> None:
    assert any(hasattr(port, site.method) for port in PORTS[site.port])


def test_every_method_of_a_port_has_a_call_site() -> None:
    methods = {
        f"{name}.{method}"
        for name, protocols in PORTS.items()
        for protocol in protocols
        for method in vars(protocol)
        if not method.startswith("_") and method not in NOT_INTERCEPTED
    }

    assert methods - {site.name for site in CALL_SITES} == set()


def test_every_observer_is_at_a_call_site() -> None:
    world = World(Plan(actions=()), NoFaults())

    assert set(world.port_calls.observers) <= {site.name for site in CALL_SITES}
