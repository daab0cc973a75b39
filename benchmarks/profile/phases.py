"""What a stack is about, for each program: an ordered table of regular expressions, of which the first match counts."""

import re
from functools import cache

from benchmarks.profile.sampler.sitecustomize import SAMPLER

NO_PYTHON = ""
"""The stack of time that no Python thread spent: of threads that ended between two samples."""

LIBRARIES = (
    ("AWS calls", r"boto3/|botocore/"),
    ("OpenAI calls", r"openai/"),
    ("SQL", r"sqlalchemy/|psycopg"),
)


def _each(prefix: str, within: str) -> tuple[tuple[str, str], ...]:
    """A phase divided by library, and the rest."""
    return (*((f"{prefix}: {name}", f"{within}.*(?:{part})") for name, part in LIBRARIES), (f"{prefix}: own", within))


PHASES: dict[str, tuple[tuple[str, str], ...]] = {
    "functions": (
        ("sandbox and virtual time", r"in_function/bootstrap\.py:(_restrict_storage|_enter_virtual_time)"),
        *_each("handler", r"awslambdaric/bootstrap\.py:handle_event_request"),
        ("start: imports", r"frozen importlib"),
        *_each("start: clients", r"rawk/composition\.py"),
        ("requests to the runtime API", r"lambda_runtime_client\.py"),
        ("start: awslambdaric", r"awslambdaric/"),
        ("start: fork", r"in_function/fork_server\.py"),
    ),
    "API": (
        *_each("requests", r"(?:uvicorn/protocols/.*:run_asgi|threading\.py:_bootstrap)"),
        ("start: imports", r"frozen importlib"),
        *_each("start: clients", r"rawk/composition\.py"),
        ("event loop", r"asyncio/base_events\.py"),
        ("start: fork", r"in_function/fork_server\.py"),
    ),
    "commands": (
        ("imports", r"frozen importlib"),
        *_each("run", r"rawk/"),
        ("fork", r"in_function/fork_server\.py"),
    ),
    "fork server": (
        ("start: imports", r"frozen importlib"),
        ("start: descriptions of AWS's services", r":share_service_models"),
        ("forks", r":_answer"),
        ("waits and messages", r":serve"),
        ("start: collection of garbage", r":main$"),
    ),
    "LocalStack": (
        ("start", r"localstack/runtime/main\.py:main.*(runtime\.py|hooks|importlib)"),
        ("starts of functions", r"lambda_/(executor|execution_environment|spawn|fork_client|log_pipe|process_reaper)"),
        ("runtime API of functions", r"lambda_/runtime_api"),
        ("mapping from SQS", r"lambda_/(sqs_mapping|pollers)"),
        ("schedules", r"events/schedule|moto/events"),
        ("clock and control", r"introspection/|aws:not known yet.*rawk_emulator"),
        ("HTTP server", r"gateway/http_server"),
        ("imports", r"frozen importlib"),
    ),
    "harness, workers": (
        ("world's start", r"world_lifecycle|local_services|engines/embedded/engine\.py:_start"),
        ("imports", r"frozen importlib"),
        ("provisioning", r"sim/provisioning|engines/embedded/engine\.py:pipeline|local_services\.py:new_database"),
        ("start of the API", r"base/api_server\.py:(start|_is_healthy)"),
        ("end of the pipeline", r"running_pipeline\.py:stop"),
        ("invariants and record", r"sim/(invariants|conservation|picture)|run_facts|event_record|output_search"),
        ("clock", r"sim/clock|engines/embedded/virtual_clock"),
        ("clients", r"sim/scenario/(clients|event_streams)"),
        ("journal and report", r"sim/(journal|report)"),
        ("proxies", r"sim/platform/tcp_proxy|commit_proxy|wire_protocol"),
        ("scenario", r"scenarios/|sim/"),
        ("pytest: collections of garbage", r"gc_collect_harder"),
        ("pytest", r"pytest|pluggy|execnet"),
    ),
    "harness, controller": (
        ("imports", r"frozen importlib"),
        ("report", r"sim/report|write_report|sim/picture"),
        ("search of the record", r"output_search|secret_pieces"),
        ("pytest", r"pytest|pluggy|execnet|xdist"),
    ),
    "OpenAI simulator": (
        ("start", r"frozen importlib|site\.py"),
        ("endpoints", r"openai_simulator/endpoints"),
        ("HTTP and control", r""),
    ),
}

AWS_CALL = re.compile(r"aws:([a-z0-9-]+\.\w+)")
FIRST_USE = re.compile(r"frozen importlib|botocore/loaders|load_service_index_cache")
REST = "the rest"
SAMPLING = "the profile itself"
ENDED = "threads that ended, and C code without a thread of Python"


@cache
def phase_of(program: str, stack: str) -> str:
    if stack == NO_PYTHON:
        return ENDED
    if SAMPLER in stack:
        return SAMPLING
    if (call := AWS_CALL.search(stack)) and FIRST_USE.search(stack, call.end()):
        return "calls: a service's first use"
    if call := AWS_CALL.search(stack):
        return f"call {call[1]}"
    return next((name for name, pattern in PHASES.get(program, ()) if re.search(pattern, stack)), REST)
