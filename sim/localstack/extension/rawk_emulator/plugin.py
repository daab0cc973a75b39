"""The entry points by which LocalStack loads the extension; pyproject.toml declares them."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import importlib
import os

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin

from . import fast_startup, features
from .time import shared_offset


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    """`LAMBDA_RUNTIME_EXECUTOR=process`."""

    name = "process"

    def load(self, *_: object, **__: object) -> type:
        """The executor class, imported when the first function needs it."""
        if not features.is_enabled("process-executor"):
            from localstack.services.lambda_.invocation.docker_runtime_executor import DockerRuntimeExecutor

            stock: type = DockerRuntimeExecutor
            return stock
        from .lambda_.executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_runtime_create()  # type: ignore[untyped-decorator]
def start_quickly() -> None:
    """Before LocalStack imports its gateway."""
    shared_offset.travel()
    if features.is_enabled("quick-start"):
        fast_startup.before_imports()


@hooks.on_infra_ready()  # type: ignore[untyped-decorator]
def settle() -> None:
    """When LocalStack is up."""
    if features.is_enabled("quick-start"):
        fast_startup.after_start()


@hooks.on_infra_start(priority=1000)  # type: ignore[untyped-decorator]
def extend_localstack() -> None:
    """Install every enabled feature before LocalStack accepts requests."""
    for feature in features.FEATURES:
        if feature.module and features.is_enabled(feature.name) and _is_applicable(feature):
            importlib.import_module(f".{feature.module}", __package__).install()


def _is_applicable(feature: features.Feature) -> bool:
    # In a container LocalStack has to listen on all interfaces, or the host does not reach it.
    return feature.name != "lean-gateway" or bool(os.environ.get("SIM_LOOPBACK_ONLY"))
