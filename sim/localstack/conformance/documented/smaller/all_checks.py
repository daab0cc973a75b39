"""All checks of the smaller services beyond their models."""

from sim.localstack.conformance.documented.smaller import (
    alarms,
    logs,
    parameters,
    roles,
    rules,
    schedules,
    secrets,
    simulations,
)

MODULES = (
    rules.RULES,
    schedules.SCHEDULES,
    alarms.ALARMS,
    logs.LOGS,
    secrets.SECRETS,
    parameters.PARAMETERS,
    roles.IAM,
    roles.STS,
    simulations.IAM,
)
