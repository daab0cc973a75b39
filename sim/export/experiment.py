"""One variant of one story, with all that could be made of it: a template, two files of rules, and what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sim.durations import spoken
from sim.export.actions import ACTIONS, LONGEST_MINUTES
from sim.export.chaos_rules import published, rule_of
from sim.export.decisions import decide
from sim.export.parts import Decision, sentences
from sim.export.place import Place
from sim.export.reading import Switched, Variant
from sim.export.template import Story, is_in_time, template


@dataclass(frozen=True)
class Exported:
    """One fault: what FIS does of it, and the rule that says it to the Chaos API."""

    switched: Switched
    decision: Decision
    rule: Mapping[str, Any] | None


@dataclass(frozen=True)
class Experiment:
    """All faults of one variant. `template` is None when FIS can do nothing of it."""

    story: Story
    place: Place
    faults: tuple[Exported, ...]
    template: Mapping[str, Any] | None

    @property
    def rules(self) -> list[Mapping[str, Any]]:
        return [each.rule for each in self.faults if each.rule is not None]

    @property
    def published_rules(self) -> list[Mapping[str, Any]]:
        """The rules as far as LocalStack's own keys go."""
        return [rule for each in self.rules for rule in published(each)]

    @property
    def says_something(self) -> bool:
        return self.template is not None or bool(self.rules)

    @property
    def actions(self) -> list[str]:
        """Ids of the actions that the template uses."""
        made = self.template["actions"].values() if self.template else ()
        return sorted({each["actionId"] for each in made})

    @property
    def permissions(self) -> list[str]:
        """What the experiment's role must be allowed."""
        watches = {"cloudwatch:DescribeAlarms"} if self.template else set()
        return sorted(watches.union(*(ACTIONS[action].permissions for action in self.actions)))

    @property
    def needs_extension(self) -> bool:
        return any(ACTIONS[action].needs_extension for action in self.actions)


def experiment(
    story: Story, variant: Variant, place: Place, *, role_arn: str | None = None, stop_alarms: list[str] | None = None
) -> Experiment:
    """Decide about every fault, and put together what can be."""
    faults = tuple(Exported(each, _decision(each, place), rule_of(each, place)) for each in variant.faults)
    decided = [(each.switched, each.decision) for each in faults]
    is_any = any(decision.is_expressed for _, decision in decided)
    made = template(story, decided, place, role_arn=role_arn, stop_alarms=stop_alarms) if is_any else None
    return Experiment(story, place, faults, made)


def _decision(switched: Switched, place: Place) -> Decision:
    if switched.made is None:
        return Decision(why_not=switched.untold)
    decision = decide(switched.made.key, switched.made.fault, place)
    if not decision.is_expressed:
        return decision
    if not is_in_time(switched):
        return Decision(why_not=f"it begins after {spoken(switched.starts)}, and an experiment ends after 12 hours")
    return Decision(decision.parts, sentences(decision.differs, *_cut_short(switched)))


def _cut_short(switched: Switched) -> Iterator[str]:
    if switched.starts + switched.lasts > timedelta(minutes=LONGEST_MINUTES):
        yield f"it lasts {spoken(switched.lasts)}, and an experiment ends after 12 hours"
