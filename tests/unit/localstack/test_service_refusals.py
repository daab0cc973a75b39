"""What the smaller services refuse: the parts that need no LocalStack."""

import pytest

from sim.localstack.conformance.documented.smaller import rules
from sim.localstack.extension.rawk_emulator.service_refusals.logs import is_pattern
from sim.localstack.extension.rawk_emulator.service_refusals.refused import Call, Refused, is_arn
from sim.localstack.extension.rawk_emulator.service_refusals.rules import checks
from sim.localstack.extension.rawk_emulator.service_refusals.schedules import is_rate_or_cron, is_schedule
from sim.localstack.extension.rawk_emulator.service_refusals.sessions import checks as checks_of_sessions

VALID = (
    *rules.SCHEDULES,
    "rate(1 day)",
    "rate(10000 days)",
    "cron(0,30 * * * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(59 23 31 DEC ? 2199)",
    "cron(0 0 LW * ? *)",
    "cron(0 0 L-3 * ? *)",
    "cron(0 0 31W * ? *)",
    "cron(0 0 1-7,15 * ? *)",
    "cron(0 0 ? * mon-fri *)",
    "cron(0 0 ? * L *)",
    "cron(0 0 ? * FRIL *)",
    "cron(0 0 ? * SUN#5 *)",
    "cron( 0 0 1 1 ? 1970 )",
)
INVALID = (
    *rules.WRONG_SCHEDULES,
    "",
    "rate()",
    "rate(1)",
    "rate(1.5 hours)",
    "rate(1 week)",
    "rate(1 minute",
    "Rate(1 minute)",
    "cron()",
    "cron(? 0 1 * ? *)",
    "cron(0 0 1 * ? ?)",
    "cron(0 0 1 ? ? *)",
    "cron(-1 0 1 * ? *)",
    "cron(0- 0 1 * ? *)",
    "cron(0,, 0 1 * ? *)",
    "cron(0/ 0 1 * ? *)",
    "cron(0/x 0 1 * ? *)",
    "cron(0 0 32W * ? *)",
    "cron(0 0 L-32 * ? *)",
    "cron(0 0 ? * 3#0 *)",
    "cron(0 0 ? * 3#1,6#3 *)",
    "cron(0 0 ? * MON#2#3 *)",
    "cron(0 0 ? * XYZ *)",
    "cron(0 0 ? FOO 1 *)",
    "cron(0 0 MON * ? *)",
    "cron(0 0 1 * ? * *)",
)


@pytest.mark.parametrize("expression", VALID)
def test_a_schedule_of_the_documented_form_is_taken(expression: str) -> None:
    assert is_rate_or_cron(expression)


@pytest.mark.parametrize("expression", INVALID)
def test_another_schedule_is_refused(expression: str) -> None:
    assert not is_rate_or_cron(expression)


@pytest.mark.parametrize("expression", ["at(2030-11-20T13:00:00)", "at(2028-02-29T00:00:00)", "rate(1 hours)"])
def test_scheduler_takes_single_moments_and_each_unit_of_a_rate(expression: str) -> None:
    assert is_schedule(expression)
    assert not is_rate_or_cron(expression)


@pytest.mark.parametrize("moment", ["2030-02-29T00:00:00", "2030-01-01T24:00:00", "2030-13-01T00:00:00", "2030-01-01"])
def test_a_moment_that_no_calendar_has_is_refused(moment: str) -> None:
    assert not is_schedule(f"at({moment})")


@pytest.mark.parametrize("text", ["arn:aws:s3:::bucket", "arn:aws-cn:sqs:r:1:q", "arn:aws:lambda:r:1:function:f:1"])
def test_an_arn_has_a_partition_a_service_and_a_resource(text: str) -> None:
    assert is_arn(text)


@pytest.mark.parametrize(
    "text", ["", "arn", "arn:aws:s3", "arn::s3:::b", "arn:aws::r:1:q", "arn:aws:s3:::", "x:aws:s3:::b"]
)
def test_another_text_is_no_arn(text: str) -> None:
    assert not is_arn(text)


def test_a_target_that_is_put_again_does_not_count_twice() -> None:
    arn = "arn:aws:sqs:us-east-1:000000000000:q"
    stored = {f"i{number}" for number in range(5)}
    put = checks(lambda _: None, lambda _: stored)["PutTargets"]

    put(Call({"Rule": "r", "Targets": [{"Id": "i0", "Arn": arn}]}, "000000000000", "us-east-1"))
    with pytest.raises(Refused, match="exceeds the maximum number"):
        put(Call({"Rule": "r", "Targets": [{"Id": "i5", "Arn": arn}]}, "000000000000", "us-east-1"))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "ERROR WARN",
        '?"a b" -c',
        "{ $.a = 1 }",
        "{$.a=1}",
        '{ $.a = "b && c" }',
        '{ ($.a = 1) || ($.b != "x") && ($.c >= 2.5) }',
        "{ (($.a = 1) && ($.b = 2)) || ($.c < 3) }",
        "{ $.a[0].b = 10.* }",
        "{ $.a.b IS NULL }",
        "{ $.a is true }",
        "{ $.a NOT EXISTS }",
        "{ $.a = %^x[0-9]{2}$% }",
        '{ $.["a b"] = "x" }',
        r'{ $.a = "say \"x\"" }',
        "[a, b = 4*, c != 404, ...]",
        "%AUTHORIZED{2}%",
    ],
)
def test_a_complete_pattern_of_a_filter_is_taken(pattern: str) -> None:
    assert is_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "{",
        "{}",
        "{ }",
        "{ $.a }",
        "{ $.a = }",
        "{ a = 1 }",
        "{ $.a = 1 && }",
        "{ && $.a = 1 }",
        "{ ($.a = 1 }",
        "{ $.a = 1 } x",
        '{ $.a = "b }',
        "[a, b",
        '"a',
        'a"',
    ],
)
def test_a_pattern_that_is_not_complete_is_refused(pattern: str) -> None:
    assert not is_pattern(pattern)


@pytest.mark.parametrize(
    ("seconds", "longest", "is_by_role", "message"),
    [
        (3600, 3600, True, None),
        (3601, 7200, False, None),
        (43_200, None, False, None),
        (3601, 7200, True, "role chaining"),
        (7201, 7200, False, "MaxSessionDuration set for this role"),
    ],
)
def test_a_session_of_a_session_lasts_an_hour_and_every_other_as_long_as_the_role_allows(
    seconds: int, longest: int | None, is_by_role: bool, message: str | None
) -> None:
    assume = checks_of_sessions(lambda _: longest)["AssumeRole"]
    call = Call({"DurationSeconds": seconds}, "000000000000", "us-east-1", is_by_role)

    if message is None:
        assume(call)
        return
    with pytest.raises(Refused, match=message):
        assume(call)
