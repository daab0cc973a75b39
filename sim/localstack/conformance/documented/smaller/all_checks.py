"""All checks of the smaller services beyond their models."""

from sim.localstack.conformance.documented.smaller import alarms, rules, schedules

MODULES = (rules.RULES, schedules.SCHEDULES, alarms.ALARMS)
