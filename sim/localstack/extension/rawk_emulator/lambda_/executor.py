"""LocalStack's runtime executor that runs each execution environment as a process on this machine.

It replaces LocalStack's Docker executor (plug-in namespace `localstack.lambda.runtime_executor`). Initialisation
happens in the first invocation, not in `start`: a function that cannot be loaded fails its invocation with a log and an
error document, as on AWS, and a crashed environment starts again in the same way.
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
from ..in_function.storage import STORAGE_VARIABLE, WRITABLE_VARIABLE
from ..time.shared_offset import CLOCK_VARIABLE
from .execution_environment import BOOTSTRAP, ExecutionEnvironment, FunctionSettings
from .process_reaper import ProcessReaper
from .runtime_api import Invocation
from .spawn import FORK_SERVER_VARIABLE

PYTHON_VARIABLE = "SIM_LAMBDA_PYTHON"
"""Names the interpreter of the functions, which has the packages that they import. Default: LocalStack's own."""

PYTHON_PATH_VARIABLE = "SIM_LAMBDA_PYTHONPATH"
"""Folders put on every function's PYTHONPATH behind its task root (egress process_reaper, virtual clock)."""

RUNTIME_VARIABLE = "SIM_LAMBDA_RUNTIME"
"""`python` selects our own runtime loop even where awslambdaric is installed."""

WRAPPER_VARIABLE = "AWS_LAMBDA_EXEC_WRAPPER"
WEB_ADAPTERS_WRAPPER = "/opt/bootstrap"
"""With these two variables a function declares that it is a web application behind the Lambda Web Adapter."""

_INTERNAL_PREFIXES = (
    "LOCALSTACK_FUNCTION_",
    "LOCALSTACK_INIT_LOG_LEVEL",
    "LOCALSTACK_MAX_PAYLOAD_SIZE",
    "LOCALSTACK_POST_INVOKE_WAIT_MS",
    "LOCALSTACK_RUNTIME_",
    "LOCALSTACK_USER",
)
"""Variables that LocalStack sets for its own init binary in a container."""

WEB_ADAPTER = Path(__file__).parents[1] / "in_function" / "web_adapter.py"

_reaper: ProcessReaper | None = None

_environments: dict[str, ExecutionEnvironment] = {}
"""Every execution environment, by its id."""


def pids_of(function_name: str) -> list[int]:
    """The ids of the processes that serve a function now."""
    return [
        environment.pid
        for environment in list(_environments.values())
        if environment.function_name == function_name and environment.pid is not None
    ]


def process_reaper() -> ProcessReaper:
    """The process reaper of this emulator, started with the first function."""
    global _reaper
    _reaper = _reaper or ProcessReaper()
    return _reaper


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    """One execution environment, in the interface that LocalStack expects."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._execution_environment: ExecutionEnvironment | None = None

    def start(self, env_vars: dict[str, Any]) -> None:
        """Prepare the environment; its process starts with the first invocation."""
        tmp = Path(tempfile.gettempdir()) / "environments" / self.id
        self._execution_environment = _environments[self.id] = ExecutionEnvironment(
            self._settings(env_vars), tmp, process_reaper()
        )
        if env_vars.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
            self._execution_environment.warm_up()

    def stop(self) -> None:
        """End the process; a process with an invocation ends after it."""
        _environments.pop(self.id, None)
        if self._execution_environment:
            self._execution_environment.stop()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Run one invocation and return its result and logs; a failing function raises nothing here."""
        assert self._execution_environment is not None
        request_id = payload["invoke-id"]
        if self.function_version.config.runtime and not self.function_version.config.runtime.startswith("python"):
            return self._refusal(request_id)
        invocation = Invocation(
            request_id, payload["invoked-function-arn"], payload["payload"].encode(), payload.get("trace-id", "")
        )
        outcome = self._execution_environment.run(invocation)
        return InvocationResult(request_id, outcome.payload, is_error=outcome.is_error, logs=outcome.logs)

    def _refusal(self, request_id: str) -> InvocationResult:
        runtime = self.function_version.config.runtime
        message = f"RequestId: {request_id} Error: {runtime} needs LocalStack with Docker; here run Python functions"
        document = {"errorType": "Runtime.NotHere", "errorMessage": message}
        return InvocationResult(request_id, json.dumps(document).encode(), is_error=True, logs=f"{message}\n")

    def get_logs(self) -> str:
        """Empty: every log line belongs to an invocation and was returned with it."""
        return ""

    def get_address(self) -> str:
        """The address of functions: this machine."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """The address of LocalStack for functions: this machine too."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Not needed: only LocalStack's own init binary calls it."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the function's code, once per version."""
        if function_version.config.code is None:
            raise NotImplementedError("functions from container images need the docker engine")
        for code in (function_version.config.code, *(layer.code for layer in function_version.config.layers)):
            code.prepare_for_execution()
        process_reaper()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing to do: LocalStack removes the unpacked code itself."""

    @classmethod
    def validate_environment(cls) -> bool:
        """Nothing to check: nothing is needed besides this machine."""
        return True

    def _settings(self, env_vars: dict[str, Any]) -> FunctionSettings:
        version_config = self.function_version.config
        environment = {name: str(value) for name, value in env_vars.items() if not name.startswith(_INTERNAL_PREFIXES)}
        environment["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{version_config.runtime}"
        if runtime := os.environ.get(RUNTIME_VARIABLE):
            environment[RUNTIME_VARIABLE] = runtime
        is_web = environment.get(WRAPPER_VARIABLE) == WEB_ADAPTERS_WRAPPER and features.is_enabled("web-adapter")
        # A process of the fork server reads virtual time already; a web application is a program of its own.
        if features.is_enabled("function-storage"):
            environment[STORAGE_VARIABLE] = str(version_config.ephemeral_storage.size)
            environment[WRITABLE_VARIABLE] = os.environ.get(WRITABLE_VARIABLE, "")
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
    """The folders with the modules of a function's layers, the last layer first; on AWS all are in `/opt/python`."""
    folders = [layer.code.get_unzipped_code_location() for layer in reversed(version_config.layers)]
    inside = (f"python/lib/{version_config.runtime}/site-packages", "python")
    return [str(folder / each) for folder in folders for each in inside if (folder / each).is_dir()]


def _python_path_of_all() -> list[str]:
    return [folder for folder in os.environ.get(PYTHON_PATH_VARIABLE, "").split(os.pathsep) if folder]
