"""What scenarios may need, and which engine can do it."""

import pytest

from sim import faults, needs
from sim.engines.base.engine import NEEDED_BY_FAULTS, Capability, Engine
from sim.engines.registry import DEFAULT, ENGINES


def test_a_need_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(AttributeError, match="there is no need 'virtual_tim'; a scenario may need virtual_time, prod"):
        _ = needs.virtual_tim


def test_every_family_of_faults_is_somebodys_ability_but_clients() -> None:
    families = set(faults.__all__) - {"ActiveFault", "Fault"}

    assert families - NEEDED_BY_FAULTS.keys() == {"clients"}
    assert {each.partition(".")[0] for each in NEEDED_BY_FAULTS} <= families
    for family, _, name in (each.partition(".") for each in NEEDED_BY_FAULTS):
        assert not name or callable(getattr(getattr(faults, family), name))


def test_engines_are_known_by_their_own_names_and_the_default_can_do_everything() -> None:
    assert {name: engine.name for name, engine in ENGINES.items()} == {name: name for name in ENGINES}
    assert ENGINES[DEFAULT].lacking(frozenset(Capability)) == []
    assert not ENGINES[DEFAULT].costs_money


def test_an_engine_says_what_it_lacks() -> None:
    can = frozenset({Capability.OPENAI_FAULTS})
    engine = Engine("aws", "real", can, costs_money=True, prepare=lambda _: None, world=lambda _: None)  # type: ignore[arg-type,return-value]

    assert engine.lacking(frozenset({Capability.OPENAI_FAULTS})) == []
    assert engine.lacking(frozenset({Capability.WORKER_KILLS, Capability.VIRTUAL_TIME})) == [
        Capability.VIRTUAL_TIME,
        Capability.WORKER_KILLS,
    ]
    assert all(each.in_words for each in Capability)
