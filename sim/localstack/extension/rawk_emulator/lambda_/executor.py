"""LocalStack's runtime executor that runs each execution environment as a process on this machine.

It takes the place of LocalStack's Docker executor (plug-in namespace `localstack.lambda.runtime_executor`).
Initialisation happens inside the first invocation, not in `start`: so a function that cannot be loaded fails its
invocation with a log and an error document, as on AWS, and a crashed environment is started again in the same way.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from .. import features
from ..time.world_time import CLOCK_VARIABLE
from .execution_environment import BOOTSTRAP, ExecutionEnvironment, FunctionSettings
from .process_reaper import ProcessReaper
from .runtime_api import Invocation
from .spawn import FORK_SERVER_VARIABLE

PYTHON_VARIABLE = "SIM_LAMBDA_PYTHON"
"""Names the interpreter functions run under; their dependencies come from it. Default: LocalStack's own."""

PYTHON_PATH_VARIABLE = "SIM_LAMBDA_PYTHONPATH"
"""Folders put on every function's PYTHONPATH behind its task root (egress guard, virtual clock)."""

RUNTIME_VARIABLE = "SIM_LAMBDA_RUNTIME"
"""`python` asks for our own runtime loop even where awslambdaric is installed."""

WRAPPER_VARIABLE = "AWS_LAMBDA_EXEC_WRAPPER"
WEB_ADAPTERS_WRAPPER = "/opt/bootstrap"
"""By these two a function says that it is a web application behind the Lambda Web Adapter."""

_INTERNAL_PREFIXES = (
    "LOCALSTACK_FUNCTION_",
    "LOCALSTACK_INIT_LOG_LEVEL",
    "LOCALSTACK_MAX_PAYLOAD_SIZE",
    "LOCALSTACK_POST_INVOKE_WAIT_MS",
    "LOCALSTACK_RUNTIME_",
    "LOCALSTACK_USER",
)
"""What LocalStack tells its own init binary, in a container."""

WEB_ADAPTER = Path(__file__).parents[1] / "in_function" / "web_adapter.py"

_guard: ProcessReaper | None = None

_environments: dict[str, ExecutionEnvironment] = {}
"""Every execution environment that there is, by its id."""


def pids_of(function_name: str) -> list[int]:
    """The processes that serve a function now."""
    return [
        sandbox.pid
        for sandbox in list(_environments.values())
        if sandbox.function_name == function_name and sandbox.pid is not None
    ]


def guard() -> ProcessReaper:
    """The one guard of this emulator, started with its first function."""
    global _guard
    _guard = _guard or ProcessReaper()
    return _guard


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    """One execution environment as LocalStack sees it."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._sandbox: ExecutionEnvironment | None = None

    def start(self, env_vars: dict[str, Any]) -> None:
        """Prepare the environment; its process starts with the first invocation."""
        tmp = Path(tempfile.gettempdir()) / "environments" / self.id
        self._sandbox = _environments[self.id] = ExecutionEnvironment(self._settings(env_vars), tmp, guard())
        if env_vars.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
            self._sandbox.warm_up()

    def stop(self) -> None:
        """End the process; one that is in the middle of an invocation ends after it."""
        _environments.pop(self.id, None)
        if self._sandbox:
            self._sandbox.stop()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run one invocation and return its result and logs; never raises for what the function does."""
        assert self._sandbox is not None
        request_id = payload["invoke-id"]
        if self.function_version.config.runtime and not self.function_version.config.runtime.startswith("python"):
            return self._refusal(request_id)
        invocation = Invocation(
            request_id, payload["invoked-function-arn"], payload["payload"].encode(), payload.get("trace-id", "")
        )
        outcome = self._sandbox.run(invocation)
        return InvocationResult(request_id, outcome.payload, is_error=outcome.is_error, logs=outcome.logs)

    def _refusal(self, request_id: str) -> InvocationResult:
        runtime = self.function_version.config.runtime
        message = f"RequestId: {request_id} Error: {runtime} needs LocalStack with Docker; here run Python functions"
        document = {"errorType": "Runtime.NotHere", "errorMessage": message}
        return InvocationResult(request_id, json.dumps(document).encode(), is_error=True, logs=f"{message}\n")

    def get_logs(self) -> str:
        """Every line belongs to an invocation and went out with it."""
        return ""

    def get_address(self) -> str:
        """Functions are on this machine."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """And so is LocalStack."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Only LocalStack's own init binary asks for this."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the function's code, once per version."""
        if function_version.config.code is None:
            raise NotImplementedError("functions from container images need the docker engine")
        for code in (function_version.config.code, *(layer.code for layer in function_version.config.layers)):
            code.prepare_for_execution()
        guard()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """LocalStack removes the unpacked code itself."""

    @classmethod
    def validate_environment(cls) -> bool:
        """Nothing is needed beyond this machine."""
        return True

    def _settings(self, env_vars: dict[str, Any]) -> FunctionSettings:
        version_config = self.function_version.config
        environment = {name: str(value) for name, value in env_vars.items() if not name.startswith(_INTERNAL_PREFIXES)}
        environment["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{version_config.runtime}"
        if runtime := os.environ.get(RUNTIME_VARIABLE):
            environment[RUNTIME_VARIABLE] = runtime
        is_web = environment.get(WRAPPER_VARIABLE) == WEB_ADAPTERS_WRAPPER and features.is_enabled("web-adapter")
        # What the fork server starts lives in the world's time already; a web application is a program of its own.
        if CLOCK_VARIABLE in os.environ and (is_web or FORK_SERVER_VARIABLE not in os.environ):
            environment[CLOCK_VARIABLE] = os.environ[CLOCK_VARIABLE]
        return FunctionSettings(
            name=self.function_version.id.function_name,
            version=self.function_version.id.qualifier,
            handler=version_config.handler,
            task_root=version_config.code.get_unzipped_code_location(),
            timeout_seconds=float(version_config.timeout),
            memory_size_mb=version_config.memory_size,
            environment=environment,
            python=Path(os.environ.get(PYTHON_VARIABLE) or sys.executable),
            python_path=(*_in_layers(version_config), *_python_path_of_all()),
            max_response_bytes=config.LAMBDA_LIMITS_MAX_FUNCTION_PAYLOAD_SIZE_BYTES,
            limits_memory=features.is_enabled("memory-limit"),
            program=WEB_ADAPTER if is_web else BOOTSTRAP,
            log_format=(version_config.logging_config or {}).get("LogFormat", "Text"),
        )


def _in_layers(version_config: Any) -> list[str]:
    """Where a function finds the Python of its layers; on AWS that is `/opt/python`, of the last layer first."""
    folders = [layer.code.get_unzipped_code_location() for layer in reversed(version_config.layers)]
    inside = (f"python/lib/{version_config.runtime}/site-packages", "python")
    return [str(folder / each) for folder in folders for each in inside if (folder / each).is_dir()]


def _python_path_of_all() -> list[str]:
    return [folder for folder in os.environ.get(PYTHON_PATH_VARIABLE, "").split(os.pathsep) if folder]
