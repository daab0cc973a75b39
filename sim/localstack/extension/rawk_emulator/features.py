"""The features of the extension, by name. Each can be disabled, and LocalStack then behaves as it does by itself.

`SIM_WITHOUT=parallel-batches,chaos` disables those two. The variable is read in this module only. This module imports
nothing of LocalStack, because the harness reads the table too, for `tox -e sim -- emulator --help`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

WITHOUT_VARIABLE = "SIM_WITHOUT"
"""Names of the features to disable, separated by commas or blanks."""

NETWORKS_URL_VARIABLE = "SIM_NETWORKS_URL"
"""URL of the EC2 API that knows the subnets of functions in a VPC, where that is another server than LocalStack."""


@dataclass(frozen=True)
class Feature:
    """One feature. `module` has the `install` that enables it; None: other modules ask `is_enabled`."""

    name: str
    description: str
    module: str | None = None


FEATURES = (
    Feature("quick-start", "LocalStack starts in two thirds of its usual time", "fast_startup"),
    Feature("function-logs", "the last log lines of replaced code reach CloudWatch Logs", "cloudwatch.logs"),
    Feature("batched-metrics", "metrics are published in batches, not by four calls per message", "cloudwatch.metrics"),
    Feature(
        "async-invocations", "asynchronous invocations do not wait for a function's update", "lambda_.async_invocations"
    ),
    Feature("function-urls", "function URLs have a reachable host, cookies, and size limits", "lambda_.function_urls"),
    Feature(
        "networks", "functions in a VPC keep IPv6; SIM_NETWORKS_URL names the EC2 with the subnets", "lambda_.networks"
    ),
    Feature("shared-code", "packages are unpacked once, and kept while old code still runs", "lambda_.code_packages"),
    Feature("exact-queues", "messages reappear to the millisecond; a redriven message gets a new id", "sqs.queues"),
    Feature("short-polls", "a short poll may give fewer messages than a queue has, or none", "sqs.short_polls"),
    Feature("queue-refusals", "SQS refuses what AWS refuses, with AWS's errors", "sqs.refusals"),
    Feature("parallel-batches", "SQS mappings run batches in parallel, without polling delay", "lambda_.sqs_mapping"),
    Feature("byte-exact-bodies", "functions get SQS bodies as they were sent, byte for byte"),
    Feature("refusals", "Lambda refuses what AWS refuses, with AWS's errors", "lambda_.refusals"),
    Feature(
        "exact-schedules",
        "EventBridge schedules fire to the millisecond, and only while their rule is enabled",
        "events.schedule",
    ),
    Feature("input-paths", "EventBridge's targets have InputPath and InputTransformer", "events.input_paths"),
    Feature("alarms", "CloudWatch alarms on a queue's depth follow it without delay", "cloudwatch.alarms"),
    Feature("control", "/_rawk/control: activity of the emulator, processes of a function", "introspection.control"),
    Feature("time", "/_rawk/time: shows the time, and advances it where it is virtual", "time.endpoint"),
    Feature("chaos", "the Chaos API: /_localstack/chaos/faults and /effects", "chaos.handler"),
    Feature(
        "signatures",
        "signatures of requests, links and forms are verified; a request without one is refused",
        "signatures.verification",
    ),
    Feature("iam", "policies are enforced on every call by a role or a user", "iam.enforcement"),
    Feature(
        "function-url-auth",
        "function URLs are for those callers whom AuthType and the function's policy let in",
        "lambda_.function_url_auth",
    ),
    Feature(
        "private-storage",
        "buckets are private: policies, access lists and public access blocks decide about everyone else",
        "s3.privacy",
    ),
    Feature(
        "model-constraints",
        "parameters that violate the models of the smaller services are refused",
        "constraints.install",
    ),
    Feature(
        "service-refusals",
        "the smaller services refuse what AWS refuses beyond their models",
        "service_refusals.install",
    ),
    Feature("storage-refusals", "S3 refuses the parameters that S3 refuses on AWS", "s3.refusals.install"),
    Feature(
        "events",
        "one JSON line for every message, invocation and refusal, if SIM_EVENTS_FILE is set",
        "introspection.observer",
    ),
    Feature("process-executor", "functions run as processes of this machine, without Docker"),
    Feature(
        "local-images",
        "in a container: functions run from images that are present locally and in no registry",
        "lambda_.local_images",
    ),
    Feature("web-adapter", "web applications run as functions, as behind the Lambda Web Adapter"),
    Feature("memory-limit", "a function that uses more than its MemorySize is killed"),
    Feature("function-storage", "a function's code folder is read-only, and its /tmp holds its EphemeralStorage"),
    Feature("lean-gateway", "a lean HTTP server that listens on the given address only", "gateway.gateway"),
)
"""In the order of installation: modules that observe come after the modules that they observe."""


class UnknownFeature(Exception):
    """There is no feature of that name; the text lists the features."""


def is_enabled(name: str) -> bool:
    """Whether a feature is enabled. Raises UnknownFeature when the environment disables a feature that is unknown."""
    assert any(feature.name == name for feature in FEATURES), name
    return name not in _disabled_here()


def disabled_features(environment: Mapping[str, str]) -> frozenset[str]:
    """The names of the features that the environment disables. Raises UnknownFeature."""
    names = frozenset(environment.get(WITHOUT_VARIABLE, "").replace(",", " ").split())
    known = {feature.name for feature in FEATURES}
    if unknown := sorted(names - known):
        raise UnknownFeature(f"no feature is called {', '.join(unknown)}; the features are {', '.join(sorted(known))}")
    return names


@cache
def _disabled_here() -> frozenset[str]:
    return disabled_features(os.environ)
