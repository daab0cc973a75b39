"""Call sites have the names of the calls that leave the product: a renamed or new call must not escape the explorer."""

import re
from inspect import getsource

import pytest

from rawk import ports
from rawk.adapters.s3 import store as s3_adapter
from rawk.adapters.sqs import queue as sqs_adapter
from sim.explorer.plan.call_sites import CALL_SITES, CallSite
from sim.explorer.plan.decisions import NoFaults
from sim.explorer.plan.plan import Plan
from sim.explorer.world.world import World

PORTS: dict[str, tuple[type, ...]] = {
    "memories": (ports.MemoryStore,),
    "openai": (ports.Transcriber, ports.Analyst),
}
CLIENTS = {"s3": s3_adapter, "sqs": sqs_adapter}
"""Adapters that the explorer runs, by the service that their client calls."""
NOT_INTERCEPTED = {
    "check",
    "figures",
    "head_bucket",
    "generate_presigned_url",
    "get_paginator",
    "summary",
    "deleted_by",
}
"""Health checks, links, what an event stream and the erasure of a tenant read: no use case of the explorer calls
them. Pages are intercepted."""


def calls_of_client(service: str) -> set[str]:
    """Every method that the adapter calls on its client."""
    source = getsource(CLIENTS[service])
    paginated = re.findall(r'get_paginator\("(\w+)"\)', source)
    return {*re.findall(r"self\._client\.(\w+)\(", source), *paginated} - NOT_INTERCEPTED


@pytest.mark.parametrize("service", CLIENTS)
def test_every_call_of_an_adapter_to_its_client_has_a_call_site(service: str) -> None:
    assert len(calls_of_client(service)) >= 8
    assert {f"{service}.{method}" for method in calls_of_client(service)} - {site.name for site in CALL_SITES} == set()


@pytest.mark.parametrize("site", [site for site in CALL_SITES if site.port in PORTS], ids=lambda site: site.name)
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
