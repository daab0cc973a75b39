"""Where LocalStack finds the extension: its entry points (declared in pyproject.toml) lead here."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin

from . import quick_start, world_time


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    """`LAMBDA_RUNTIME_EXECUTOR=process`."""

    name = "process"

    def load(self, *_: object, **__: object) -> type:
        """The executor's class, imported when the first function needs it."""
        from .executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_runtime_create()  # type: ignore[untyped-decorator]
def start_quickly() -> None:
    """Before LocalStack imports its gateway."""
    world_time.travel()
    quick_start.before_imports()


@hooks.on_infra_ready()  # type: ignore[untyped-decorator]
def settle() -> None:
    """When LocalStack is up."""
    quick_start.after_start()


@hooks.on_infra_start(priority=1000)  # type: ignore[untyped-decorator]
def extend_localstack() -> None:
    """Put every repair in place before LocalStack opens its door."""
    from . import alarms, chaos, code, control, logs, mapping_rules, metrics, observer, queues, schedule, sqs_mapping

    repairs = (quick_start, logs, metrics, code, queues, sqs_mapping, mapping_rules, schedule, alarms)
    additions = (control, chaos, observer)
    for part in repairs + additions:
        part.install()
    if os.environ.get("SIM_LOOPBACK_ONLY"):  # in a container the door has to be open to the host
        from . import gateway

        gateway.install()
