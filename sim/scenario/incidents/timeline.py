"""Reads an incident: a TOML file with its source and its phases, each with the faults that the pipeline meets in it.

    title = "OpenAI, 11 December 2024"
    began = 2024-12-11T23:16:00Z
    source = "https://status.openai.com/..."
    assumed = ["…"]                          # what the source does not say

    [[phase]]
    begins = "0:00"                          # hours and minutes since the beginning
    ends = "2:20"
    what = "no call of the API succeeds"
    faults = [{ fault = "openai.errors", status = 503 }]

A fault is the name of a function in `sim.faults` with its arguments. `share` is the part of the calls that it meets.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sim import faults
from sim.faults import Fault

DATA = Path(__file__).parent / "data"
CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
KEYS = {"title", "began", "source", "assumed", "phase"}
PHASE_KEYS = {"begins", "ends", "what", "faults"}


class BrokenIncident(ValueError):
    """The file does not describe an incident; the message says where, and what is wrong."""


@dataclass(frozen=True)
class Phase:
    """Times since the beginning of the incident. `faults` are made anew for each run, because a share needs a seed."""

    begins: timedelta
    ends: timedelta
    what: str
    faults: tuple[Mapping[str, Any], ...]

    def made_faults(self, seed: int) -> list[Fault[Any]]:
        return [fault_of(settings, seed) for settings in self.faults]


@dataclass(frozen=True)
class Incident:
    """An outage with its source."""

    name: str
    title: str
    began: datetime
    source: str
    assumed: tuple[str, ...]
    phases: tuple[Phase, ...]

    def as_json(self) -> dict[str, Any]:
        """For the record of a run; times in seconds since the beginning."""
        phases = [
            {"begins": each.begins.total_seconds(), "ends": each.ends.total_seconds(), "what": each.what}
            for each in self.phases
        ]
        return {
            "name": self.name,
            "title": self.title,
            "began": self.began.isoformat(),
            "source": self.source,
            "assumed": list(self.assumed),
            "phases": phases,
        }

    @property
    def lasts(self) -> timedelta:
        return max(phase.ends for phase in self.phases)


def names() -> list[str]:
    """All incidents, by name."""
    return sorted(path.stem for path in DATA.glob("*.toml"))


def load(name: str, folder: Path | None = None) -> Incident:
    """The incident of that name, from the harness's own folder or from another one. Raises BrokenIncident."""
    folder = folder or DATA
    path = folder / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(each.stem for each in folder.glob("*.toml"))) or "none"
        raise BrokenIncident(f"there is no incident {name!r}; there are: {known}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenIncident(f"{path.name}: {error}") from error
    try:
        return _incident(name, content)
    except BrokenIncident as error:
        raise BrokenIncident(f"{path.name}: {error}") from error


def _incident(name: str, content: Mapping[str, Any]) -> Incident:
    _known(content, KEYS, "the incident")
    for key in ("title", "source"):
        if not isinstance(content.get(key), str) or not content[key].strip():
            raise BrokenIncident(f"it needs a {key}")
    if not content["source"].startswith("https://"):
        raise BrokenIncident("its source is not an address: https://…")
    if not isinstance(content.get("began"), datetime) or content["began"].tzinfo is None:
        raise BrokenIncident("it needs the time at which it began, with its zone: 2024-12-11T23:16:00Z")
    phases = tuple(_phase(number, each) for number, each in enumerate(content.get("phase", ()), 1))
    if not phases:
        raise BrokenIncident("it has no phase")
    assumed = tuple(str(each) for each in content.get("assumed", ()))
    return Incident(name, content["title"], content["began"], content["source"], assumed, phases)


def _phase(number: int, content: Mapping[str, Any]) -> Phase:
    where = f"phase {number}"
    _known(content, PHASE_KEYS, where)
    begins, ends = (_clock(content.get(key), f"{where}, {key}") for key in ("begins", "ends"))
    if ends <= begins:
        raise BrokenIncident(f"{where} ends at {content['ends']}, not after it begins at {content['begins']}")
    what = content.get("what")
    if not isinstance(what, str) or not what.strip():
        raise BrokenIncident(f"{where} does not say what happens")
    phase = Phase(begins, ends, what, tuple(content.get("faults", ())))
    try:
        phase.made_faults(seed=0)
    except BrokenIncident as error:
        raise BrokenIncident(f"{where}: {error}") from error
    return phase


def _clock(text: object, where: str) -> timedelta:
    found = CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise BrokenIncident(f"{where}: {text!r} is no time since the beginning, such as 2:20")
    return timedelta(hours=int(found[1]), minutes=int(found[2]))


def fault_of(settings: Mapping[str, Any], seed: int) -> Fault[Any]:
    """Raises BrokenIncident for a fault that does not exist, or that does not take these arguments."""
    arguments = dict(settings)
    name, share = str(arguments.pop("fault", "")), arguments.pop("share", None)
    family, _, function = name.partition(".")
    make = getattr(getattr(faults, family, None), function, None) if family and function else None
    if not callable(make) or function.startswith("_"):
        raise BrokenIncident(f"there is no fault {name!r}")
    try:
        fault: Fault[Any] = make(**arguments)
    except (TypeError, ValueError) as error:
        raise BrokenIncident(f"{name}: {error}") from error
    if share is None:
        return fault
    if not isinstance(share, int | float) or not 0 < share <= 1:
        raise BrokenIncident(f"{name}: a share is a number above 0 and up to 1, not {share!r}")
    if not hasattr(fault, "with_probability"):
        raise BrokenIncident(f"{name} meets every call: it takes no share")
    shared: Fault[Any] = fault.with_probability(float(share), seed)
    return shared


def _known(content: Mapping[str, Any], keys: set[str], where: str) -> None:
    if unknown := sorted(content.keys() - keys):
        raise BrokenIncident(f"{where} has no {unknown[0]!r}; it has: {', '.join(sorted(keys))}")
