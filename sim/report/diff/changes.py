"""Compares the summaries of two runs: verdicts, outcomes, totals, bills, permissions, settings, virtual durations.

Behaviour is what two runs of the same code and seed agree in. Some figures depend on the machine: how many execution
environments overlap, and how long a process takes, which virtual time contains. They are reported as timing, and only
when they differ by more than two runs of the same code do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.journal.version import RECORD_VERSION
from sim.report.diff.summaries import Summary
from sim.report.verdicts import FAILED, PASSED

COMPLETED = (PASSED, FAILED)
"""Verdicts of scenarios that ran: only their figures can be compared."""

OF_THE_MACHINE = ("cold_starts", "invocations", "failed_invocations")
"""Totals that depend on the load of the machine: on how many invocations overlap."""

LEAST_SECONDS = 10.0
LEAST_SHARE = 0.2
"""A virtual duration counts as changed when it differs by more than both."""


@dataclass(frozen=True)
class Change:
    """One figure: `before` or `after` is None where that run does not have it."""

    what: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class ChangedScenario:
    """A scenario of both runs; `behaviour` is what changed, `timing` what the machine may have caused."""

    name: str
    title: str
    behaviour: tuple[Change, ...]
    timing: tuple[Change, ...]
    reason: str = ""
    """Why it did not pass in the later run."""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "behaviour": [each.as_json() for each in self.behaviour],
            "timing": [each.as_json() for each in self.timing],
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Difference:
    """Everything that differs between two runs."""

    before: Summary
    after: Summary
    notes: tuple[str, ...]
    """Why the runs can be compared only in part."""
    settings: tuple[Change, ...]
    scenarios: tuple[ChangedScenario, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    compared: int
    permissions_added: tuple[str, ...]
    permissions_removed: tuple[str, ...]
    totals: tuple[Change, ...]
    """The sums over all compared scenarios that differ."""

    @property
    def changed(self) -> list[ChangedScenario]:
        return [each for each in self.scenarios if each.behaviour]

    @property
    def slower(self) -> list[ChangedScenario]:
        """Scenarios whose timing alone differs."""
        return [each for each in self.scenarios if each.timing and not each.behaviour]

    @property
    def is_empty(self) -> bool:
        """No behaviour differs; timing may."""
        return not (
            self.settings
            or self.changed
            or self.only_before
            or self.only_after
            or self.permissions_added
            or self.permissions_removed
        )

    def as_json(self) -> dict[str, Any]:
        """The output of `rawk-sim diff --format json`."""
        return {
            "before": _facts(self.before),
            "after": _facts(self.after),
            "same_behaviour": self.is_empty,
            "notes": list(self.notes),
            "settings": [each.as_json() for each in self.settings],
            "compared": self.compared,
            "scenarios": [each.as_json() for each in self.scenarios],
            "only_before": list(self.only_before),
            "only_after": list(self.only_after),
            "permissions_added": list(self.permissions_added),
            "permissions_removed": list(self.permissions_removed),
            "totals": [each.as_json() for each in self.totals],
        }


def difference(before: Summary, after: Summary) -> Difference:
    """Compare two runs as far as they can be compared; `notes` say what was not."""
    earlier, later = before.scenarios, after.scenarios
    both = sorted(earlier.keys() & later.keys())
    same_engine = before.about("engine") == after.about("engine")
    compared = [_scenario(earlier[name], later[name], same_engine) for name in both]
    had, has = _permissions(before), _permissions(after)
    same_catalogue = earlier.keys() == later.keys()
    return Difference(
        before=before,
        after=after,
        notes=tuple(_notes(before, after, same_catalogue)),
        settings=tuple(_settings(before, after)),
        scenarios=tuple(each for each in compared if each.behaviour or each.timing),
        only_before=tuple(sorted(earlier.keys() - later.keys())),
        only_after=tuple(sorted(later.keys() - earlier.keys())),
        compared=len(both),
        # A run of other scenarios uses other permissions.
        permissions_added=tuple(sorted(has - had)) if same_catalogue else (),
        permissions_removed=tuple(sorted(had - has)) if same_catalogue else (),
        totals=tuple(_sums([earlier[name] for name in both], [later[name] for name in both])),
    )


def _scenario(earlier: Mapping[str, Any], later: Mapping[str, Any], same_engine: bool) -> ChangedScenario:
    behaviour = list(_changes({"verdict": earlier["verdict"]}, {"verdict": later["verdict"]}))
    timing: list[Change] = []
    if earlier["verdict"] in COMPLETED and later["verdict"] in COMPLETED:
        for change in _changes(_figures(earlier), _figures(later)):
            (timing if change.what in OF_THE_MACHINE else behaviour).append(change)
        if same_engine:
            timing += _duration(earlier, later)
        else:
            timing = []
    reason = str(later.get("reason") or "") if later["verdict"] != PASSED else ""
    title = str(later.get("title") or later["name"])
    return ChangedScenario(str(later["name"]), title, tuple(behaviour), tuple(timing), reason)


def _figures(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Everything countable about a scenario, by name."""
    conservation = scenario.get("conservation") or {}
    triggered: dict[str, Any] = {}
    for fault in scenario.get("faults") or []:
        key = f"times triggered: {fault['fault']}"
        triggered[key] = triggered.get(key, 0) + (fault.get("times_triggered") or 0)
    totals = {key: value for key, value in (scenario.get("totals") or {}).items() if key != "fault_triggers"}
    return {
        **{f"memories {status}": count for status, count in (scenario.get("outcomes") or {}).items()},
        **totals,
        "conservation": conservation.get("conservation_verdict"),
        **triggered,
    }


def _changes(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> Iterator[Change]:
    for what in dict.fromkeys((*earlier, *later)):
        if earlier.get(what) != later.get(what):
            yield Change(what, earlier.get(what), later.get(what))


def _duration(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> Iterator[Change]:
    old, new = (float(each.get("virtual_seconds") or 0.0) for each in (earlier, later))
    if abs(new - old) > max(LEAST_SECONDS, LEAST_SHARE * min(old, new)):
        yield Change("virtual_seconds", old, new)


def _settings(before: Summary, after: Summary) -> Iterator[Change]:
    """The deployed limits, and what follows from them."""
    old, new = (each.about("limits") or {} for each in (before, after))
    if old and new:
        yield from _changes(old, new)
    tolerance = "outage_tolerance_seconds"
    if before.about(tolerance) is not None and after.about(tolerance) is not None:
        yield from _changes({tolerance: before.about(tolerance)}, {tolerance: after.about(tolerance)})


def _permissions(summary: Summary) -> set[str]:
    used = (summary.about("iam") or {}).get("used") or []
    return {f"{each['role']}: {each['action']} on {each['resource']}" for each in used}


def _sums(earlier: Iterable[Mapping[str, Any]], later: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    old, new = _summed(earlier), _summed(later)
    for change in _changes(old, new):
        if change.what not in OF_THE_MACHINE and change.what != "max_receives":
            yield change


def _summed(scenarios: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for scenario in scenarios:
        for key, value in (scenario.get("totals") or {}).items():
            sums[key] = sums.get(key, 0) + value
    return sums


def _notes(before: Summary, after: Summary, same_catalogue: bool) -> Iterator[str]:
    for summary in (before, after):
        if not summary.about("finished"):
            yield f"{summary.name} was killed: it contains its scenarios up to that moment"
        if summary.about("version") != RECORD_VERSION:
            yield (
                f"{summary.name} has record version {summary.about('version')}, this harness writes {RECORD_VERSION}: "
                "keys with another meaning may look like changes"
            )
    if before.about("engine") != after.about("engine"):
        yield f"the engines differ ({before.about('engine')}, {after.about('engine')}): timing is not compared"
    if before.about("topology") != after.about("topology"):
        yield f"the topologies differ ({before.about('topology')}, {after.about('topology')})"
    if before.about("seed") != after.about("seed"):
        yield (
            f"the seeds differ ({before.about('seed')}, {after.about('seed')}): recordings and random choices differ, "
            "and with them bills and calls; to compare code, run both with --seed N"
        )
    if not same_catalogue:
        yield "the runs have different scenarios: permissions are not compared"


def _facts(summary: Summary) -> dict[str, Any]:
    keys = ("version", "engine", "topology", "seed", "commit", "finished", "counts")
    return {"run": summary.name, **{key: summary.about(key) for key in keys}}
