"""The needs of scenarios and the capabilities of engines."""

import pytest

from sim import faults, needs
from sim.engines.base.engine import NEEDED_BY_FAULTS, Capability, Engine
from sim.engines.registry import DEFAULT, ENGINES


def test_an_unknown_need_is_refused_with_the_list_of_needs() -> None:
    with pytest.raises(AttributeError, match="there is no need 'virtual_tim'; a scenario may need virtual_time, prod"):
        _ = needs.virtual_tim  # type: ignore[attr-defined]


def test_every_capability_is_declared_as_a_need_for_type_checkers() -> None:
    assert set(needs.__annotations__) == set(Capability)


def test_every_family_of_faults_but_clients_needs_a_capability() -> None:
    families = set(faults.__all__) - {"ActiveFault", "Fault"}

    assert families - NEEDED_BY_FAULTS.keys() == {"clients"}
    assert {each.partition(".")[0] for each in NEEDED_BY_FAULTS} <= families
    for family, _, name in (each.partition(".") for each in NEEDED_BY_FAULTS):
        assert not name or callable(getattr(getattr(faults, family), name))


def test_engines_are_registered_by_name_and_the_default_has_every_capability() -> None:
    assert {name: engine.name for name, engine in ENGINES.items()} == {name: name for name in ENGINES}
    assert ENGINES[DEFAULT].lacking(frozenset(Capability)) == []
    assert not ENGINES[DEFAULT].costs_money


def test_an_engine_lists_what_it_lacks() -> None:
    can = frozenset({Capability.OPENAI_FAULTS})
    engine = Engine("aws", "real", can, costs_money=True, prepare=lambda _: None, world=lambda _: None)  # type: ignore[arg-type,return-value]

    assert engine.lacking(frozenset({Capability.OPENAI_FAULTS})) == []
    assert engine.lacking(frozenset({Capability.WORKER_KILLS, Capability.VIRTUAL_TIME})) == [
        Capability.VIRTUAL_TIME,
        Capability.WORKER_KILLS,
    ]
    assert all(each.in_words for each in Capability)
