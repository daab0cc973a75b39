"""What AWS Fault Injection Service can do of each fault, how that differs from the fault itself, or why it can not.

One decision for every function of `sim.faults`, by its name; a test walks them all, so that a new fault asks for one.
FIS stops and restarts resources, cuts subnets off and gets between Lambda and its functions. It does not see OpenAI,
a commit, or a call to S3 or SQS; and it acts for minutes, not at a step.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sim.export.actions import LONGEST_STARTUP_DELAY_MILLISECONDS
from sim.export.parts import Decision, Part, Target, cut_off, delayed, failing, sentences
from sim.export.place import Place
from sim.export.shapes import Shape

type Decide = Callable[[Any, Place], Decision]


def decide(key: str, fault: Any, place: Place) -> Decision:
    """What to do about a fault that the function of this name made, such as `queue.throttled`. Raises KeyError."""
    decision = DECISIONS[key](fault, place)
    if not decision.is_expressed:
        return decision
    return _by_chance(replace(decision, differs=sentences(decision.differs, _narrower(fault))), fault)


# --- OpenAI ----------------------------------------------------------------------------------------------------

OPENAI_UNSEEN = Decision(
    why_not="FIS does not see what OpenAI answers: it is no resource of AWS's",
    instead="deploy OpenAI's simulator and point openai_base_url at it",
)


def _openai_slow(fault: Any, place: Place) -> Decision:
    late = "the worker waits before its work begins, and not for OpenAI: the product's own time limits are not met"
    return Decision(delayed("worker", float(fault.settings["seconds"]), place), late)


# --- S3 --------------------------------------------------------------------------------------------------------

S3_UNSEEN = "FIS changes no answer of S3's: its only action on buckets pauses replication"


def _s3_out_of_reach(fault: Any, place: Place) -> Decision:
    """Cuts off whoever runs inside the network."""
    reads_only, puts_only = "PutObject" not in _operations(fault), "GetObject" not in _operations(fault)
    if not _operations(fault):
        reads_only = puts_only = False
    shape = place.shape
    hit = [
        ("the API", shape.api_in, not reads_only),
        ("the worker", shape.functions_in, not puts_only),
    ]
    inside = [where for _, where, wanted in hit if wanted and where]
    if not inside:
        who = " and ".join(who for who, _, wanted in hit if wanted)
        return Decision(why_not=f"in the topology {place.topology} {who} reach S3 from outside any network of ours")
    missed = [who for who, where, wanted in hit if wanted and not where]
    also = [who for who, where, wanted in hit if not wanted and where in inside]
    return Decision(
        cut_off(inside, "s3", place),
        sentences(
            "requests to S3 get no answer, where the fault answers at once",
            f"{' and '.join(missed)} runs outside the network and is not hit" if missed else "",
            f"{' and '.join(also)} is hit as well" if also else "",
            "new ECS tasks can not fetch their image meanwhile" if shape.api == "ecs" and "public" in inside else "",
        ),
    )


def _s3_slow(fault: Any, place: Place) -> Decision:
    if "GetObject" not in _operations(fault):
        return Decision(why_not="FIS can delay a function only, and uploads go through the API")
    late = "the worker waits before its work begins, and not for its audio"
    return Decision(delayed("worker", fault.rule["latency_ms"] / 1000, place), late)


def _operations(fault: Any) -> set[str]:
    return {*fault.rule.get("operations", ()), *([fault.rule["operation"]] if "operation" in fault.rule else ())}


# --- SQS -------------------------------------------------------------------------------------------------------

SQS_UNSEEN = "FIS changes no answer of SQS's: aws:fis:inject-api-… knows the services ec2 and kinesis only"


def _sqs_out_of_reach(_: Any, place: Place) -> Decision:
    """Through the endpoint inside the network, where there is one; Lambda's own polling does not go that way."""
    if not place.vpc_endpoints or place.shape.api_in is None or place.shape.functions_in is None:
        return Decision(
            why_not=f"{SQS_UNSEEN}, and no endpoint for SQS inside the network is told of that could be cut",
            instead="in a private network made with vpc_endpoints = true, say --vpc-endpoints",
        )
    endpoint = Target("sqs-endpoint", "aws:ec2:vpc-endpoint", tags=place.tags(Name=f"{place.name}-sqs"))
    return Decision(
        (Part("aws:network:disrupt-vpc-endpoint", endpoint),),
        "API, relay and worker lose SQS, all of them; the event source mapping, which feeds the worker, does not",
    )


def _not_deleted(_: Any, place: Place) -> Decision:
    done = "the worker does all its work and its invocation is failed afterwards, so the mapping keeps the job"
    return Decision(failing("worker", place, runs=True), done)


# --- The worker ------------------------------------------------------------------------------------------------


def _worker_ended(fault: Any, place: Place) -> Decision:
    """All or nothing: the function runs to its end before it is failed, or does not begin."""
    step, moment = fault.step, getattr(fault, "moment", "during")
    at_the_end = step == "return" or (step, moment) == ("analysis", "after")
    differs = (
        "the invocation is failed after all its work was done, by an error and not by a signal"
        if at_the_end
        else "the invocation is failed before it begins, and not in the middle: nothing of it is committed before"
    )
    return Decision(failing("worker", place, runs=at_the_end), f"{differs}; every invocation, not the first alone")


def _worker_timed_out(_: Any, place: Place) -> Decision:
    seconds = place.limits.function_timeout_seconds + 1
    if seconds * 1000 > LONGEST_STARTUP_DELAY_MILLISECONDS:
        return Decision(why_not=f"FIS delays by 900 s at most, and the function's timeout is {seconds - 1} s")
    late = "Lambda ends it before its work begins, and not in the middle; every invocation, not the first alone"
    return Decision(delayed("worker", seconds, place), late)


# --- The database, and the way to it ---------------------------------------------------------------------------

COMMITS_UNSEEN = "FIS can not see commits"


def _database_restarted(fault: Any, place: Place) -> Decision:
    if place.shape.database_in is None:
        return _no_database(place)
    database = Target("database", "aws:rds:db", tags=place.tags())
    before = getattr(fault, "before", None)
    return Decision(
        (Part("aws:rds:reboot-db-instances", database),),
        sentences(
            f"at some moment, not right before the {before} is committed" if before else "",
            "an orderly restart: a crash needs a standby to fail over to" if getattr(fault, "crash", False) else "",
            "the instance is away for a minute or so",
        ),
    )


def _database_out_of_reach(fault: Any, place: Place) -> Decision:
    """Cuts off the subnets that it is in, if that can be done without cutting off its API from its clients."""
    shape = place.shape
    if shape.database_in is None:
        return _no_database(place)
    if shape.database_in == shape.api_in == "public":
        cut = f"in the topology {place.topology} API and database share their subnets, and clients would be cut off too"
        if getattr(fault, "family", "") == "network":
            return Decision(why_not=cut, instead="the faults of the family database restart the instance")
        rebooted = _database_restarted(fault, place)
        return replace(rebooted, differs=sentences("a restart, not an outage of that length", rebooted.differs))
    is_dropped = getattr(fault, "how", "") == "swallow"
    return Decision(
        cut_off([shape.database_in], "all", place),
        sentences("" if is_dropped else "packets vanish, where the fault refuses connections", _collateral(shape)),
    )


def _collateral(shape: Shape) -> str:
    """Who else is in these subnets. Traffic within one subnet is let through: some still reach the database."""
    if shape.functions_in != shape.database_in:
        return ""
    who = "the worker, which is" if shape.api_in != shape.database_in else "API and worker, which are"
    return f"{who} in the same subnets, can not reach S3, SQS and OpenAI either, but the database within its own zone"


def _connections_cut(fault: Any, place: Place) -> Decision:
    restarted = _database_restarted(fault, place)
    return (
        replace(restarted, differs=sentences("the server itself goes too", restarted.differs))
        if restarted.is_expressed
        else restarted
    )


def _no_database(place: Place) -> Decision:
    return Decision(why_not=f"the topology {place.topology} has no database", instead="name one that has: --topology")


# --- The API ---------------------------------------------------------------------------------------------------


def _api_ended(fault: Any, place: Place) -> Decision:
    shape, asked = place.shape, fault.how == "asked to stop"
    some_moment = "at some moment of the experiment, not at that step of an upload"
    match shape.api:
        case "ecs":
            polite = "" if asked else "ECS asks the task to stop (SIGTERM) before it kills it"
            service = {name: place.api.get(name) or f"{place.name}-api" for name in ("cluster", "service")}
            tasks = Target("api-task", "aws:ecs:task", parameters=service, selection_mode="COUNT(1)")
            return Decision((Part("aws:ecs:stop-task", tasks),), sentences(some_moment, polite))
        case "ec2" if not asked:
            reboot = Part("aws:ec2:reboot-instances", _machine(place))
            return Decision((reboot,), sentences(some_moment, "the whole machine restarts, in an orderly way"))
        case "lambda" if not asked:
            ran = fault.moment == "after"
            how = "after the whole upload" if ran else "before anything"
            return Decision(failing("api", place, runs=ran), f"each request is failed {how}, and not one at that step")
        case "apprunner":
            return Decision(why_not="FIS has no action on App Runner")
        case None:
            return Decision(why_not=f"the topology {place.topology} has no API", instead="name one: --topology")
        case _:
            return Decision(why_not=f"FIS has no action that asks an API on {shape.api} to stop", instead="deploy it")


def _machine(place: Place) -> Target:
    if instance := place.api.get("instance_id"):
        return Target("api-machine", "aws:ec2:instance", arns=(place.arn("ec2", f"instance/{instance}"),))
    return Target("api-machine", "aws:ec2:instance", tags=place.tags(Name=f"{place.name}-api"))


# --- All of them -----------------------------------------------------------------------------------------------


def _never(why_not: str, instead: str = "") -> Decide:
    return lambda _, place: Decision(
        why_not=why_not, instead=instead.format(name=place.name, bucket=place.audio_bucket)
    )


def _openai(_: Any, __: Place) -> Decision:
    return OPENAI_UNSEEN


OPENAI = (
    *("bad_analysis", "bad_audio", "down", "dripping", "empty_object", "errors", "forbidden", "hanging"),
    *("hears_nothing", "html_page", "quota_exhausted", "rate_limited", "refused", "resets", "retired_model"),
    *("too_large", "truncated", "wrong_key"),
)
PEOPLE = _never("what people and their apps send is no fault of AWS's", "send it: it is one request")

DECISIONS: Mapping[str, Decide] = {
    **{f"openai.{name}": _openai for name in OPENAI},
    "openai.slow": _openai_slow,
    "storage.down": _s3_out_of_reach,
    "storage.resets": _s3_out_of_reach,
    "storage.get_fails": _s3_out_of_reach,
    "storage.put_fails": _s3_out_of_reach,
    "storage.slow": _s3_slow,
    "storage.object_gone": _never(S3_UNSEEN, "remove the object: aws s3 rm s3://{bucket}/audio/…"),
    "storage.put_answer_lost": _never("FIS can not see when an object is stored"),
    "queue.down": _sqs_out_of_reach,
    "queue.down_for_all": _sqs_out_of_reach,
    "queue.throttled": _never(SQS_UNSEEN),
    "queue.send_answer_lost": _never("FIS can not see when a job is sent"),
    "queue.delivered_twice": _not_deleted,
    "queue.postponing_fails": _never(SQS_UNSEEN),
    "queue.delivered_late": _never(
        "FIS changes no queue's settings", "aws sqs set-queue-attributes --attributes DelaySeconds=… on {name}-jobs"
    ),
    "queue.relay_off": _never("FIS switches no schedule off", "aws events disable-rule --name {name}-relay"),
    "worker.killed_during": _worker_ended,
    "worker.killed_before": _worker_ended,
    "worker.killed_after": _worker_ended,
    "worker.out_of_memory": _worker_ended,
    "worker.timed_out": _worker_timed_out,
    "worker.throttled": _never(
        "FIS can fail invocations, which counts as a receive, but not refuse them, which does not",
        "aws lambda put-function-concurrency --function-name {name}-worker --reserved-concurrent-executions 0",
    ),
    "worker.deployed_during": _never("a deployment is no fault", "deploy while the experiment of another fault runs"),
    "database.down": _database_out_of_reach,
    "database.restarted": _database_restarted,
    "database.crashed": _database_restarted,
    "database.connections_cut": _connections_cut,
    "database.commit_lost": _never(COMMITS_UNSEEN),
    "database.commit_answer_lost": _never(COMMITS_UNSEEN),
    "database.conflict": _never(COMMITS_UNSEEN),
    "network.down": _database_out_of_reach,
    "network.blackhole": _database_out_of_reach,
    "network.latency": _never("FIS slows down the network of hosts with the SSM agent only, and no topology has one"),
    "api.killed_before": _api_ended,
    "api.killed_after": _api_ended,
    "api.redeployed_before": _api_ended,
    "people.wrong_key": PEOPLE,
    "people.gone_mid_upload": PEOPLE,
    "permissions.missing": _never("FIS changes no policy", "take the action out of the role's policy, and put it back"),
}
"""By family and function, all of `sim.faults`."""


def _narrower(fault: Any) -> str:
    """What FIS does not know of whom a fault hits."""
    marks = {*getattr(fault, "rule", {}), *getattr(fault, "match", {})}
    told = [
        "all calls, not the first few alone" if marks & {"first", "first_calls", "nth", "nth_call"} else "",
        "every job, not one recording's alone" if marks & {"audio_sha256", "memory_id"} else "",
        "every object, not one alone" if isinstance(getattr(fault, "rule", {}).get("resource"), list) else "",
    ]
    return sentences(*told)


def _by_chance(decision: Decision, fault: Any) -> Decision:
    """`.sometimes(p)`, where an action has a percentage of its own."""
    said = {**getattr(fault, "rule", {}), **getattr(fault, "match", {})}.get("probability")
    if said is None:
        return decision
    percentage = max(1, round(100 * said))
    parts = tuple(
        replace(part, parameters={**part.parameters, "invocationPercentage": str(percentage)})
        if part.action.startswith("aws:lambda:")
        else part
        for part in decision.parts
    )
    if parts != decision.parts:
        return replace(decision, parts=parts)
    return replace(decision, differs=sentences(decision.differs, f"all of the calls, not {percentage} % of them"))
