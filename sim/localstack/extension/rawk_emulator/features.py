"""What the extension is made of, by name, so that each part can be left out and LocalStack's own way comes back.

`SIM_WITHOUT=parallel-batches,chaos` leaves those two out; it is read here and nowhere else. Nothing of LocalStack is
imported: the harness reads this table too, for `python -m sim emulator --help`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

WITHOUT_VARIABLE = "SIM_WITHOUT"
"""Names of the parts to leave out, with commas or blanks between them."""

NETWORKS_URL_VARIABLE = "SIM_NETWORKS_URL"
"""Whose EC2 knows the subnets of functions in a VPC, where another server has it."""


@dataclass(frozen=True)
class Part:
    """One part: its name, what it adds, and the module whose `install` puts it in place (none: others look it up)."""

    name: str
    adds: str
    module: str | None = None


FEATURES = (
    Part("quick-start", "LocalStack starts in a third less time", "fast_startup"),
    Part("function-logs", "the last words of replaced code reach CloudWatch Logs", "cloudwatch.logs"),
    Part("batched-metrics", "metrics are published together, not four calls per message", "cloudwatch.metrics"),
    Part("async-invocations", "asynchronous invocations are not held up by an update", "lambda_.async_invocations"),
    Part(
        "function-urls", "function URLs have a host that can be reached, cookies, and limits", "lambda_.function_urls"
    ),
    Part(
        "networks", "a VPC's functions keep their IPv6; SIM_NETWORKS_URL: whose EC2 has the subnets", "lambda_.networks"
    ),
    Part("shared-code", "packages are unpacked once, and stay while old code still runs", "lambda_.code_packages"),
    Part("exact-queues", "messages reappear at their very moment; redriven ones are new", "sqs.queues"),
    Part("parallel-batches", "SQS mappings run batches side by side, with no idle wait", "lambda_.sqs_mapping"),
    Part("byte-exact-bodies", "functions get SQS bodies as they were sent"),
    Part("refusals", "mappings that AWS refuses are refused", "lambda_.mapping_validation"),
    Part(
        "exact-schedules",
        "EventBridge schedules fire at their very moment, and only while their rule is on",
        "events.schedule",
    ),
    Part("alarms", "CloudWatch alarms on a queue's depth follow it", "cloudwatch.alarms"),
    Part("control", "/_rawk/control: what goes on inside, processes of a function", "introspection.control"),
    Part("time", "/_rawk/time: tells time, and moves it where it is virtual", "time.endpoint"),
    Part("chaos", "the Chaos API: /_localstack/chaos/faults and /effects", "chaos.handler"),
    Part("iam", "calls by roles and users are judged by their policies, as AWS judges them", "iam.enforcement"),
    Part(
        "events",
        "a line for every message, invocation and refusal, if SIM_EVENTS_FILE is set",
        "introspection.observer",
    ),
    Part("process-executor", "functions run as processes of this machine, without Docker"),
    Part(
        "local-images",
        "in a container: functions run from images that are there and in no registry",
        "lambda_.local_images",
    ),
    Part("web-adapter", "web applications run as functions, as behind the Lambda Web Adapter"),
    Part("memory-limit", "a function that takes more than its MemorySize is killed"),
    Part("lean-gateway", "a lean HTTP server that listens where it was told to, and nowhere else", "gateway.gateway"),
)
"""In the order in which they are put in place: what observes comes after what it observes."""


class UnknownFeature(Exception):
    """There is no part of that name; the text lists those that there are."""


def is_in(name: str) -> bool:
    """Whether a part is in force. Raises UnknownFeature when the environment leaves out what there is not."""
    assert any(part.name == name for part in FEATURES), name
    return name not in _disabled_here()


def disabled_features(environment: Mapping[str, str]) -> frozenset[str]:
    """The names of the parts that the environment leaves out. Raises UnknownFeature."""
    names = frozenset(environment.get(WITHOUT_VARIABLE, "").replace(",", " ").split())
    known = {part.name for part in FEATURES}
    if unknown := sorted(names - known):
        raise UnknownFeature(f"no part is called {', '.join(unknown)}; the parts are {', '.join(sorted(known))}")
    return names


@cache
def _disabled_here() -> frozenset[str]:
    return disabled_features(os.environ)
