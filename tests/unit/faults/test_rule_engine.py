"""The rule engine that the Chaos API and the OpenAI simulator share: windows, counts, probability, order, removal."""

from dataclasses import dataclass, field

import pytest

from sim.localstack.extension.rawk_emulator.fault_rules.engine import RuleSet, Selection
from sim.localstack.extension.rawk_emulator.fault_rules.fields import InvalidRequest


@dataclass(frozen=True)
class NamedCall:
    name: str = "a"

    def random_key(self, number: int) -> str:
        return f"{self.name}/{number}"


@dataclass(frozen=True)
class NameRule:
    """Matches calls by their name; without names it matches every call."""

    id: str = "rule"
    names: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    only_counts: bool = False

    def matches(self, call: NamedCall) -> bool:
        return not self.names or call.name in self.names


def rules_of(*rules: NameRule, at_seconds: float = 0.0) -> RuleSet[NamedCall, NameRule]:
    rules_in_effect: RuleSet[NamedCall, NameRule] = RuleSet()
    rules_in_effect.add(rules, at_seconds)
    return rules_in_effect


def triggering(selection: Selection, calls: int = 200) -> list[int]:
    """The numbers of the calls that trigger a rule with this selection, from 1."""
    rules = rules_of(NameRule(selection=selection))
    return [number for number in range(1, calls + 1) if rules.trigger(NamedCall(), 0.0)]


def counts(rules: RuleSet[NamedCall, NameRule]) -> list[tuple[str, int, int]]:
    return [(active.rule.id, active.calls, active.times_triggered) for active in rules.active()]


def test_the_nth_and_the_first_calls() -> None:
    assert triggering(Selection(nth=2), calls=4) == [2]
    assert triggering(Selection(first=2), calls=4) == [1, 2]
    assert triggering(Selection(), calls=3) == [1, 2, 3]


def test_only_matching_calls_in_the_window_are_counted() -> None:
    rules = rules_of(NameRule(names=("a",), selection=Selection(nth=2, after_seconds=10)))

    triggered = [
        bool(rules.trigger(NamedCall(name), at_seconds))
        for name, at_seconds in (("a", 5), ("a", 10), ("b", 11), ("a", 12), ("a", 13))
    ]

    assert triggered == [False, False, False, True, False]
    assert counts(rules) == [("rule", 3, 1)]


def test_a_window_begins_when_the_rule_is_added() -> None:
    rules = rules_of(NameRule(selection=Selection(after_seconds=10, for_seconds=5)), at_seconds=1_000)

    assert [at for at in range(1_000, 1_020) if rules.trigger(NamedCall(), at)] == [1_010, 1_011, 1_012, 1_013, 1_014]


def test_a_window_of_no_length_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="a window of 0 seconds ends before it begins"):
        Selection(for_seconds=0)


def test_a_seeded_probability_depends_on_the_seed_and_the_call_alone() -> None:
    first, same, other = (triggering(Selection(probability=0.3, seed=seed)) for seed in (7, 7, 8))

    assert first == same != other
    assert 30 < len(first) < 90
    assert triggering(Selection(probability=0, seed=7)) == []
    assert len(triggering(Selection(probability=1, seed=7))) == 200


def test_a_probability_without_a_seed_is_drawn_for_each_call() -> None:
    assert 30 < len(triggering(Selection(probability=0.5), calls=200)) < 170


def test_the_first_rule_that_is_triggered_decides_and_later_rules_do_not_count_the_call() -> None:
    rules = rules_of(NameRule("b-only", names=("b",)), NameRule("once", selection=Selection(first=1)), NameRule("rest"))

    triggered = [active.rule.id for _ in range(2) if (active := rules.trigger(NamedCall(), 0.0))]

    assert triggered == ["once", "rest"]
    assert counts(rules) == [("b-only", 0, 0), ("once", 2, 1), ("rest", 1, 1)]


def test_a_rule_that_only_counts_leaves_the_call_to_later_rules() -> None:
    rules = rules_of(NameRule("counter", only_counts=True), NameRule("decides"))

    assert [active.rule.id for _ in range(3) if (active := rules.trigger(NamedCall(), 0.0))] == ["decides"] * 3
    assert counts(rules) == [("counter", 3, 3), ("decides", 3, 3)]


def test_only_the_rules_of_a_phase_are_considered() -> None:
    rules = rules_of(NameRule("one"), NameRule("two"))

    active = rules.trigger(NamedCall(), 0.0, among=lambda rule: rule.id == "two")

    assert active is not None
    assert counts(rules) == [("one", 0, 0), ("two", 1, 1)]


def test_a_removed_rule_releases_its_calls_and_keeps_its_counts() -> None:
    rules = rules_of(NameRule("one"), NameRule("two"))
    active = rules.trigger(NamedCall(), 0.0)
    assert active is not None
    assert not active.removed.is_set()

    taken = rules.take("one")

    assert taken is active
    assert active.removed.is_set()
    assert (active.calls, active.times_triggered) == (1, 1)
    assert rules.take("one") is None
    assert [each.rule.id for each in rules.remove(lambda rule: rule.id == "two")] == ["two"]
    assert rules.trigger(NamedCall(), 0.0) is None


def test_a_rule_with_the_same_id_takes_the_place_of_the_old_one_and_counts_anew() -> None:
    rules = rules_of(NameRule("one"), NameRule("two"))
    old = rules.trigger(NamedCall(), 0.0)
    assert old is not None

    rules.add([NameRule("one", names=("b",)), NameRule("three")], 0.0)

    assert counts(rules) == [("one", 0, 0), ("two", 0, 0), ("three", 0, 0)]
    assert old.removed.is_set()


def test_replacing_removes_all_others() -> None:
    rules = rules_of(NameRule("one"), NameRule("two"))
    two = rules.find("two")

    rules.replace([NameRule("three")], 0.0)

    assert two is not None
    assert two.removed.is_set()
    assert counts(rules) == [("three", 0, 0)]
