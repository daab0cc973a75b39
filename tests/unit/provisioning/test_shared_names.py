"""Names and numbers that Terraform and the product share: written once, or checked against each other."""

import ast
import re
from pathlib import Path

import pytest

from rawk import config
from sim.app.rawk.processes import REPOSITORY

TERRAFORM = sorted((REPOSITORY / "terraform").rglob("*.tf"))
PRODUCT = sorted((REPOSITORY / "src" / "rawk").rglob("*.py"))
LOGGED = ("debug", "info", "warning", "error", "exception")
PIPELINE = REPOSITORY / "terraform" / "modules" / "pipeline"
OBSERVABILITY = REPOSITORY / "terraform" / "modules" / "observability"


def logged_events() -> dict[str, set[str]]:
    """Event of a log line → the fields that some line of this event has."""
    events: dict[str, set[str]] = {}
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level), args=[ast.Constant(value=str(event)), *_]
                ) if level in LOGGED:
                    events.setdefault(event, set()).update(keyword.arg or "" for keyword in node.keywords)
    return events


def patterns() -> list[tuple[str, str]]:
    """File and pattern of every metric filter on a log."""
    return [
        (path.name, pattern.replace('\\"', '"'))
        for path in TERRAFORM
        for pattern in re.findall(r'^\s*pattern\s*=\s*"(.*)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def environment(path: Path, name: str) -> dict[str, str]:
    """Variable → its expression, in the map of this name."""
    text = path.read_text(encoding="utf-8")
    block = re.search(rf'(?:output "{name}"|{name}\s*=).*?\n(?:  }}|}}|  \))\n', text, re.DOTALL)
    assert block is not None, f"{path.name} has no {name}"
    return dict(re.findall(r"^\s+([A-Z][A-Z0-9_]+)\s*=\s*(.+)$", block[0], re.MULTILINE))


ENVIRONMENTS = {
    "worker": environment(PIPELINE / "functions.tf", "worker_environment"),
    "relay": environment(PIPELINE / "functions.tf", "relay_environment"),
    "api": environment(PIPELINE / "outputs.tf", "api_environment"),
    "operator": environment(PIPELINE / "outputs.tf", "operator_environment"),
}
SETTINGS = {
    "worker": [config.worker_settings],
    "relay": [config.relay_settings],
    "api": [config.api_settings],
    "operator": [config.operator_settings, config.storage_settings],
}
OPTIONAL = {
    "OPENAI_BASE_URL",
    "REDIS_URL",
    "REDIS_URL_SECRET_ID",
    "METRICS_KEYS_SHA256",
    "LOG_LEVEL",
    "CORS_ALLOWED_ORIGINS",
    "CALLER_REQUESTS_PER_SECOND",
    "DATABASE_WAKES_WITHIN_SECONDS",
}


class Asked(dict[str, str]):
    """An environment in which every variable is set, and which records what was read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.names.add(name)
        if name in OPTIONAL:
            return default
        return "60"


def test_every_metric_filter_waits_for_an_event_that_the_product_logs() -> None:
    found = patterns()
    assert found
    events = logged_events()
    for file, pattern in found:
        names = re.findall(r'\$\.event\s*=\s*"([a-z_]+)"', pattern)
        assert names, f"{file}: {pattern} names no event"
        for name in names:
            assert name in events, f"{file}: nothing logs {name}"
        for field in re.findall(r"\$\.([a-z_]+)", pattern):
            assert field in {"event", "level"} | set.union(*(events[name] for name in names)), f"{file}: {field}"


def test_every_metric_of_a_filter_is_on_the_dashboard_or_in_an_alarm() -> None:
    alarms, dashboard = ((OBSERVABILITY / name).read_text(encoding="utf-8") for name in ("main.tf", "dashboard.tf"))
    metrics = set(re.findall(r"^\s+name\s+=\s+local\.(\w+_metric)\.name", alarms, re.MULTILINE))
    defined = set(re.findall(r"^\s+(\w+_metric)\s+=\s+\{", alarms, re.MULTILINE))
    shown = set(re.findall(r"local\.(\w+_metric)\.name\]", dashboard))

    assert metrics == defined == shown != set()


@pytest.mark.parametrize("process", ENVIRONMENTS)
def test_terraform_sets_what_the_process_reads_and_nothing_else(process: str) -> None:
    asked = Asked()
    for read in SETTINGS[process]:
        read(asked)
    needed = {name for name in asked.names if name not in OPTIONAL}
    given = {name.removesuffix("_SECRET_ID") for name in ENVIRONMENTS[process] if name not in OPTIONAL}

    assert {name.removesuffix("_SECRET_ID").removesuffix("_JSON") for name in needed} == given
    assert set(ENVIRONMENTS[process]) & OPTIONAL <= asked.names


@pytest.mark.parametrize("process", ENVIRONMENTS)
def test_no_value_of_an_environment_is_written_by_hand(process: str) -> None:
    """A change of its variable would not move it."""
    by_hand = {name: value for name, value in ENVIRONMENTS[process].items() if not re.search(r"\b[a-z_]+\.", value)}
    assert by_hand == {}


def test_each_limit_is_a_variable_or_derived_from_some() -> None:
    text = (PIPELINE / "outputs.tf").read_text(encoding="utf-8")
    limits = re.search(r'output "limits".*?\n  }\n', text, re.DOTALL)
    assert limits is not None
    values = dict(re.findall(r"^    (\w+)\s*=\s*(.+)$", limits[0], re.MULTILINE))
    assert len(values) > 10
    assert {name: value for name, value in values.items() if value not in (f"var.{name}", f"local.{name}")} == {}


NUMBER_BY_HAND = re.compile(
    r"^\s*(\w*(?:timeout|seconds|retention|threshold|count|receive|concurrency|days|size|batch)\w*)\s*=\s*\"?(\d+)\"?",
    re.MULTILINE | re.IGNORECASE,
)
WRITTEN_ONCE = {
    "batch_size": {"1"},
    "receive_wait_time_seconds": {"0", "20"},
    "threshold": {"0", "1", "5"},
    "maximum_event_age_in_seconds": {"60"},
    "evaluation_periods": {"1"},
    "visibility_timeout_seconds": {"30"},
    "days_after_initiation": {"1"},
    "sqs_longest_visibility_seconds": {"43200"},
    "reservoir_size": {"1"},
    "max_age_seconds": {"600"},
}
"""Numbers in the pipeline and its observability that no variable has, because nobody is to change them."""


@pytest.mark.parametrize("module", [PIPELINE, OBSERVABILITY], ids=lambda module: module.name)
def test_numbers_of_the_policy_are_variables(module: Path) -> None:
    by_hand = {
        f"{path.name}: {name} = {number}"
        for path in sorted(module.glob("*.tf"))
        if path.name != "variables.tf"
        for name, number in NUMBER_BY_HAND.findall(path.read_text(encoding="utf-8"))
        if number not in WRITTEN_ONCE.get(name, ()) and not (name == "count" and number in "01")
    }
    assert by_hand == set()


def test_the_test_of_numbers_changes_every_number_of_the_pipeline() -> None:
    """`terraform/tests/numbers.tftest.hcl` says what must move; a new variable must be in it."""
    text = (PIPELINE / "variables.tf").read_text(encoding="utf-8")
    defaults = {
        name: default[1]
        for name, body in re.findall(r'variable "(\w+)" \{\n(.*?)\n\}', text, re.DOTALL)
        if re.search(r"type\s*=\s*number", body) and (default := re.search(r"default\s*=\s*(\S+)", body))
    }
    test = (REPOSITORY / "terraform" / "tests" / "numbers.tftest.hcl").read_text(encoding="utf-8")
    changed = dict(re.findall(r"^  (\w+)\s*=\s*(\d+)$", test, re.MULTILINE))

    assert len(defaults) > 15
    assert set(defaults) - set(changed) == {
        "secrets_version"
    }  # it is no limit: another number writes the secrets again
    assert [name for name, default in defaults.items() if changed.get(name) == default] == []
