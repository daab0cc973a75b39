"""Where LocalStack finds the extension: its entry points (declared in pyproject.toml) lead here."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    """`LAMBDA_RUNTIME_EXECUTOR=process`."""

    name = "process"

    def load(self, *_: object, **__: object) -> type:
        """The executor's class, imported when the first function needs it."""
        from .executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_infra_start(priority=1000)  # type: ignore[untyped-decorator]
def extend_localstack() -> None:
    """Put every repair in place before LocalStack opens its door."""
    from . import gateway, logs, mapping_rules, metrics, queues, sqs_mapping

    for part in (logs, metrics, queues, sqs_mapping, mapping_rules):
        part.install()
    if os.environ.get("SIM_LOOPBACK_ONLY"):  # in a container the door has to be open to the host
        gateway.install()
