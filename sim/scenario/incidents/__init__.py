"""Outages that really happened, as timelines of faults, and what the pipeline does in them."""

from sim.scenario.incidents.running import IncidentReport, run
from sim.scenario.incidents.timeline import Incident, load

__all__ = ["Incident", "IncidentReport", "load", "run"]
