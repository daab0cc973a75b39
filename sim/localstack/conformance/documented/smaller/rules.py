"""EventBridge's rules: schedules, event patterns, targets, buses."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import bucket
from sim.localstack.conformance.documented.smaller.fixtures import rule
from sim.localstack.conformance.documented.smaller_services import DOCS, FUNCTION, refuse_each
from sim.localstack.conformance.documented.sqs.fixtures import queue, receive_one
from sim.localstack.conformance.target import Target

RULES = Checks("EventBridge", f"{DOCS}eventbridge/latest/APIReference/")
CRON_DOCS = f"{DOCS}eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"
PATTERN_DOCS = f"{DOCS}eventbridge/latest/userguide/eb-create-pattern-operators.html"
INVALID, INVALID_PATTERN = "ValidationException", "InvalidEventPatternException"

WRONG_SCHEDULES = (
    "rate(1 minutes)",
    "rate(5 minute)",
    "rate(1 days)",
    "rate(2 hour)",
    "rate(0 minutes)",
    "rate(-1 minutes)",
    "rate(5 seconds)",
    "rate( minutes)",
    "rate(5 minutes) ",
    "rate(5 minutes)x",
    "cron(0 24 * * ? *)",
    "cron(60 0 * * ? *)",
    "cron(0 0 32 * ? *)",
    "cron(0 0 0 * ? *)",
    "cron(0 0 1 13 ? *)",
    "cron(0 0 1 0 ? *)",
    "cron(0 0 * * * *)",
    "cron(0 0 ? * ? *)",
    "cron(0 0 1 * MON *)",
    "cron(0 0 ? * 8 *)",
    "cron(0 0 ? * 0 *)",
    "cron(0 0 ? * MON#6 *)",
    "cron(0 0 * * ? 1969)",
    "cron(0 0 * * ? 2200)",
    "cron(0 0 * * ?)",
    "cron(*/0 * * * ? *)",
    "at(2030-01-01T00:00:00)",
    "every minute",
)
SCHEDULES = (
    "rate(1 minute)",
    "rate(5 minutes)",
    "rate(1 hour)",
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0 0 L * ? *)",
    "cron(0 0 3W * ? *)",
    "cron(0 0 ? * 3#2 *)",
    "cron(0 0 ? JAN,JUN 6L 2026-2199)",
    "cron(0 22-2 * * ? *)",
)
WRONG_PATTERNS: dict[str, object] = {
    "a value that is no list": {"source": "aws.s3"},
    "a number in place of a list": {"detail": {"size": 1}},
    "an empty list": {"source": []},
    "an empty pattern": {},
    "an unknown kind of match": {"source": [{"begins": "aws"}]},
    "a prefix that is a number": {"source": [{"prefix": 1}]},
    "a suffix that is a number": {"source": [{"suffix": 1}]},
    "a numeric match without a list": {"detail": {"size": [{"numeric": ">"}]}},
    "a numeric match with an unknown operator": {"detail": {"size": [{"numeric": ["~", 1]}]}},
    "a numeric match with a text": {"detail": {"size": [{"numeric": [">", "one"]}]}},
    "an exists with a text": {"detail": {"size": [{"exists": "yes"}]}},
    "an address that is none": {"detail": {"ip": [{"cidr": "10.0.0.0"}]}},
    "an anything-but with null": {"source": [{"anything-but": None}]},
    "two wildcards beside each other": {"source": [{"wildcard": "a**"}]},
    "an object in place of a text for equals-ignore-case": {"source": [{"equals-ignore-case": 1}]},
    "a list": ["aws.s3"],
}


def put_rule(**parameters: Any) -> Callable[[Target], object]:
    return lambda target: target.client("events").put_rule(Name=target.new_name(), State="DISABLED", **parameters)


def put_targets(*targets: dict[str, Any]) -> Callable[[Target], object]:
    """Targets of a rule that exists."""

    def call(target: Target) -> None:
        with rule(target) as name:
            target.client("events").put_targets(Rule=name, Targets=list(targets))

    return call


for _each in WRONG_SCHEDULES:
    RULES.refuses(INVALID, f"PutRule with {_each!r}", CRON_DOCS, put_rule(ScheduleExpression=_each))
for _each in SCHEDULES:
    RULES.accepts(f"PutRule with {_each!r}", CRON_DOCS, put_rule(ScheduleExpression=_each))
for _what, _pattern in WRONG_PATTERNS.items():
    RULES.refuses(INVALID_PATTERN, f"PutRule with {_what}", PATTERN_DOCS, put_rule(EventPattern=json.dumps(_pattern)))
for _text in ("source", '{"source": ["aws.s3"]', "{'source': ['aws.s3']}"):
    RULES.refuses(INVALID_PATTERN, f"PutRule with the pattern {_text}", PATTERN_DOCS, put_rule(EventPattern=_text))
RULES.accepts(
    "PutRule with every kind of match",
    PATTERN_DOCS,
    put_rule(
        EventPattern=json.dumps({
            "source": ["aws.s3", {"prefix": "aws."}, {"suffix": ".s3"}, {"anything-but": ["a", "b"]}],
            "detail": {
                "size": [{"numeric": [">", 0, "<=", 5]}, {"exists": True}],
                "name": [{"wildcard": "a*b"}, {"equals-ignore-case": "x"}, {"anything-but": {"prefix": "a"}}, None],
                "ip": [{"cidr": "10.0.0.0/24"}],
                "$or": [{"a": [1]}, {"b": [True]}],
            },
        })
    ),
)  # fmt: skip
refuse_each(RULES, "events", INVALID, "PutRule", {"Name": "rule"}, {"neither a pattern nor a schedule": {}})


def _test_pattern(target: Target) -> object:
    event = {
        "id": "1",
        "account": "1",
        "source": "s",
        "time": "2026-01-01T00:00:00Z",
        "region": "r",
        "detail-type": "t",
    }
    return target.client("events").test_event_pattern(EventPattern='{"source": []}', Event=json.dumps(event))


RULES.refuses(INVALID_PATTERN, "TestEventPattern with an empty list", "API_TestEventPattern.html", _test_pattern)

_TARGETS = "API_PutTargets.html"
for _arn in ("function", "arn:aws:lambda", "arn:aws::us-east-1:999999999999:function:f", "https://example.org/"):
    RULES.refuses(INVALID, f"PutTargets with the target {_arn}", _TARGETS, put_targets({"Id": "i", "Arn": _arn}))
for _input in ("not JSON", "{", "{'a': 1}", ""):
    RULES.refuses(
        INVALID,
        f"PutTargets with the input {_input!r}",
        _TARGETS,
        put_targets({"Id": "i", "Arn": FUNCTION, "Input": _input}),
    )
for _value in ('{"a": 1}', '"text"', "1", "null"):
    RULES.accepts(
        f"PutTargets with the input {_value}", _TARGETS, put_targets({"Id": "i", "Arn": FUNCTION, "Input": _value})
    )
RULES.refuses(
    INVALID,
    "PutTargets with Input and InputPath",
    "API_Target.html",
    put_targets({"Id": "i", "Arn": FUNCTION, "Input": "{}", "InputPath": "$.detail"}),
)
RULES.refuses(
    INVALID,
    "PutTargets with Input and InputTransformer",
    "API_Target.html",
    put_targets({"Id": "i", "Arn": FUNCTION, "Input": "{}", "InputTransformer": {"InputTemplate": '"x"'}}),
)
RULES.refuses(
    "LimitExceededException",
    "PutTargets with a sixth target",
    f"{DOCS}eventbridge/latest/userguide/eb-quota.html",
    put_targets(*({"Id": f"i{number}", "Arn": FUNCTION} for number in range(6))),
)
RULES.accepts(
    "PutTargets with five targets",
    f"{DOCS}eventbridge/latest/userguide/eb-quota.html",
    put_targets(*({"Id": f"i{number}", "Arn": FUNCTION} for number in range(5))),
)
refuse_each(RULES, "events", "ResourceNotFoundException", "PutTargets", {
    "Rule": "no-such-rule", "Targets": [{"Id": "i", "Arn": FUNCTION}]}, {"a rule that does not exist": {}})  # fmt: skip
refuse_each(RULES, "events", "ResourceNotFoundException", "EnableRule", {"Name": "no-such-rule"}, {
    "a rule that does not exist": {}})  # fmt: skip
refuse_each(RULES, "events", INVALID, "CreateEventBus", {}, {
    "a slash in the name": {"Name": "a/b"}, "a name that begins with aws.": {"Name": "aws.bus"}})  # fmt: skip
refuse_each(RULES, "events", "ResourceAlreadyExistsException", "CreateEventBus", {}, {
    "the name of the default bus": {"Name": "default"}})  # fmt: skip
refuse_each(RULES, "events", INVALID, "DeleteEventBus", {}, {"the default bus": {"Name": "default"}})


@RULES.check("A rule with targets cannot be deleted: ValidationException", "API_DeleteRule.html")
def rule_with_targets(target: Target) -> None:
    events = target.client("events")
    with rule(target) as name:
        events.put_targets(Rule=name, Targets=[{"Id": "i", "Arn": FUNCTION}])
        expect_error(INVALID, lambda: events.delete_rule(Name=name))


@RULES.check("Refused targets leave a rule as it was", _TARGETS)
def all_or_none(target: Target) -> None:
    events = target.client("events")
    with rule(target) as name:
        many = [{"Id": f"i{number}", "Arn": FUNCTION} for number in range(6)]
        expect_error("LimitExceededException", lambda: events.put_targets(Rule=name, Targets=many))
        expect_error(INVALID, lambda: events.put_targets(Rule=name, Targets=[*many[:2], {"Id": "x", "Arn": "x"}]))
        expect("the list of targets", events.list_targets_by_rule(Rule=name)["Targets"], [])


# ---- events ----

ENTRY = {"DetailType": "type", "Detail": "{}"}
_ENTRIES = "API_PutEventsResultEntry.html"


def _put(target: Target, *sources: str) -> list[str]:
    """The error code of each entry; empty where it was accepted."""
    answer = target.client("events").put_events(Entries=[{**ENTRY, "Source": source} for source in sources])
    codes = [each.get("ErrorCode", "") for each in answer["Entries"]]
    expect("the count of failed entries", answer["FailedEntryCount"], sum(map(bool, codes)))
    return codes


def _declare_sources() -> None:
    for source in ("aws.s3", "aws.ec2", "aws.custom", "aws.", "aws.partner/example.com/1"):

        @RULES.check(f"An entry with the source {source} fails: NotAuthorizedForSourceException", _ENTRIES)
        def of_aws(target: Target, source: str = source) -> None:
            expect("the codes", _put(target, source), ["NotAuthorizedForSourceException"])

    for source in ("aws", "awsome.app", "my.aws.app", "com.example"):

        @RULES.check(f"An entry with the source {source} is accepted", _ENTRIES)
        def of_others(target: Target, source: str = source) -> None:
            expect("the codes", _put(target, source), [""])


_declare_sources()


@RULES.check("An entry that fails is no other entry's failure", _ENTRIES)
def entries_one_by_one(target: Target) -> None:
    codes = _put(target, "my.app", "aws.s3", "my.app")
    expect("the codes", codes, ["", "NotAuthorizedForSourceException", ""])


@RULES.check(
    "S3 puts its own events on the bus: a rule for the source aws.s3 gets them",
    f"{DOCS}AmazonS3/latest/userguide/EventBridge.html",
)
def events_of_s3(target: Target) -> None:
    s3, events = target.client("s3"), target.client("events")
    with bucket(target) as name, queue(target) as url, rule(target) as of_s3:
        events.put_rule(Name=of_s3, EventPattern='{"source": ["aws.s3"]}', State="ENABLED")
        arn = target.arn_of(url)
        events.put_targets(Rule=of_s3, Targets=[{"Id": "i", "Arn": arn}])
        allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allow]})})
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        s3.put_object(Bucket=name, Key="one", Body=b"content")
        expect("the source", json.loads(receive_one(target, url)["Body"])["source"], "aws.s3")
        events.remove_targets(Rule=of_s3, Ids=["i"])


INPUTS = f"{DOCS}eventbridge/latest/userguide/eb-transform-target-input.html"
DETAIL = {"name": "one", "instance-id": "i-1", "list": [{"n": 1}, {"n": 2}], "a key": "b"}
PATHS: dict[str, Any] = {
    "$.detail": DETAIL,
    "$.detail.name": "one",
    "$.detail.instance-id": "i-1",
    "$.detail['a key']": "b",
    '$.detail["name"]': "one",
    "$.detail.list[1].n": 2,
    "$['detail']['list'][0]": {"n": 1},
    "$.detail.list[*].n": [1, 2],
    "$.source": "my.app",
}


def _delivered(target: Target, detail: Mapping[str, Any] = DETAIL, **given: Any) -> str:
    """What a queue receives of an event, as the target of a rule with this input."""
    events = target.client("events")
    with queue(target) as url, rule(target) as name:
        arn = target.arn_of(url)
        allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        target.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allow]})})
        events.put_rule(Name=name, EventPattern=json.dumps({"detail-type": [name]}), State="ENABLED")
        events.put_targets(Rule=name, Targets=[{"Id": "i", "Arn": arn, **given}])
        events.put_events(Entries=[{"Source": "my.app", "DetailType": name, "Detail": json.dumps(detail)}])
        return str(receive_one(target, url)["Body"])


def _declare_paths() -> None:
    for path, found in PATHS.items():

        @RULES.check(f"A target with the InputPath {path} gets that part of the event", INPUTS)
        def part(target: Target, path: str = path, found: Any = found) -> None:
            expect("the body", json.loads(_delivered(target, InputPath=path)), found)


_declare_paths()


TEMPLATES: dict[str, str] = {
    '"<name> has <number>"': '"one has 2"',
    '"<number>"': '"2"',
    '"<zero> <no> <yes> <half>"': '"0 false true 0.5"',
    '"none: <none>"': '"none: "',
    '"<numbers> <names>"': '"[1,2] [a,b]"',
    '{"name": <name>, "number": <number>, "text": "<number> of <name>"}':
        '{"name": "one", "number": 2, "text": "2 of one"}',
    '{"zero": <zero>, "no": <no>, "numbers": <numbers>}': '{"zero": 0, "no": false, "numbers": [1, 2]}',
}  # fmt: skip
FIELDS = {"name": "one", "number": 2, "zero": 0, "no": False, "yes": True, "half": 0.5, "numbers": [1, 2],
          "names": ["a", "b"]}  # fmt: skip


def _declare_templates() -> None:
    for template, text in TEMPLATES.items():

        @RULES.check(f"A target with the InputTemplate {template} gets it filled", INPUTS)
        def filled(target: Target, template: str = template, text: str = text) -> None:
            used = [name for name in (*FIELDS, "none") if f"<{name}>" in template]
            paths = {name: f"$.detail.fields.{name}" for name in used}
            transformer = {"InputPathsMap": paths, "InputTemplate": template}
            body = _delivered(target, {"fields": FIELDS}, InputTransformer=transformer)
            expect("the body", json.loads(body), json.loads(text))


_declare_templates()
