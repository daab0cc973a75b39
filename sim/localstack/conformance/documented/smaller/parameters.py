"""SSM's Parameter Store: names, sizes by tier, patterns, lists of names."""

from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.smaller_services import DOCS, refuse_each
from sim.localstack.conformance.target import Target

PARAMETERS = Checks("SSM", f"{DOCS}systems-manager/latest/APIReference/")
NAMES = f"{DOCS}systems-manager/latest/userguide/sysman-paramstore-su-create.html"
TIERS = f"{DOCS}systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
INVALID, MISSING = "ValidationException", "ParameterNotFound"
PARAMETER = {"Name": "/conformance/bounds", "Value": "x", "Type": "String"}

refuse_each(PARAMETERS, "ssm", INVALID, "PutParameter", PARAMETER, {
    "a value of 4097 characters": {"Value": "x" * 4097},
    "a value of 8193 characters in the advanced tier": {"Value": "x" * 8193, "Tier": "Advanced"},
    "a value of 8193 characters in the tier that fits": {"Value": "x" * 8193, "Tier": "Intelligent-Tiering"},
    "a blank in the name": {"Name": "/a b"},
    "an asterisk in the name": {"Name": "/a*"},
    "a colon in the name": {"Name": "/a:b"},
    "two slashes beside each other": {"Name": "/a//b"},
    "a slash at the end of the name": {"Name": "/a/"},
    "levels without a slash at the beginning": {"Name": "a/b"},
    "a name that begins with ssm": {"Name": "ssm-p"},
    "a name that begins with aws": {"Name": "AWSp"},
    "a level that begins with ssm": {"Name": "/ssm/p"},
    "a data type that is unknown": {"DataType": "number"},
    "an empty value": {"Value": ""},
    "no type": {"Type": None},
    "tags at an overwrite": {"Overwrite": True, "Tags": [{"Key": "k", "Value": "v"}]},
})  # fmt: skip
refuse_each(PARAMETERS, "ssm", "AccessDeniedException", "PutParameter", PARAMETER, {
    "a level that begins with aws": {"Name": "/aws/p"}})  # fmt: skip
refuse_each(PARAMETERS, "ssm", "HierarchyLevelLimitExceededException", "PutParameter", PARAMETER, {
    "16 levels": {"Name": "/l" * 16}})  # fmt: skip
refuse_each(PARAMETERS, "ssm", "ParameterPatternMismatchException", "PutParameter", PARAMETER, {
    "a value that its pattern does not allow": {"AllowedPattern": "^\\d+$"},
})  # fmt: skip
refuse_each(PARAMETERS, "ssm", "InvalidAllowedPatternException", "PutParameter", PARAMETER, {
    "a pattern that is no regular expression": {"AllowedPattern": "[a"}})  # fmt: skip
refuse_each(PARAMETERS, "ssm", MISSING, "GetParameter", {}, {
    "a parameter that does not exist": {"Name": "/no/such"},
    "a version that does not exist": {"Name": "/no/such:1"},
})  # fmt: skip
refuse_each(
    PARAMETERS, "ssm", MISSING, "DeleteParameter", {}, {"a parameter that does not exist": {"Name": "/no/such"}}
)
refuse_each(PARAMETERS, "ssm", MISSING, "GetParameterHistory", {}, {
    "a parameter that does not exist": {"Name": "/no/such"}})  # fmt: skip
refuse_each(PARAMETERS, "ssm", INVALID, "GetParameters", {}, {"the same name twice": {"Names": ["/a", "/a"]}})
refuse_each(PARAMETERS, "ssm", INVALID, "DeleteParameters", {}, {
    "no name": {"Names": []}, "11 names": {"Names": [f"/n{number}" for number in range(11)]}})  # fmt: skip
refuse_each(PARAMETERS, "ssm", INVALID, "GetParametersByPath", {}, {
    "a path without a slash at the beginning": {"Path": "a"},
    "two slashes beside each other": {"Path": "/a//b"},
})  # fmt: skip


def _put(target: Target, **changes: Any) -> None:
    ssm, name = target.client("ssm"), f"/{target.new_name()}"
    given = {**PARAMETER, "Name": name, **changes}
    ssm.put_parameter(**given)
    ssm.delete_parameter(Name=given["Name"])


_ACCEPTED: dict[str, dict[str, Any]] = {
    "a value of 4096 characters": {"Value": "x" * 4096},
    "a value of 8192 characters in the advanced tier": {"Value": "x" * 8192, "Tier": "Advanced"},
    "a value of 8192 characters in the tier that fits": {"Value": "x" * 8192, "Tier": "Intelligent-Tiering"},
    "15 levels": {"Name": "/conformance" + "/l" * 14},
    "dots, underscores and dashes in the name": {"Name": "/conformance/a.b_c-d"},
    "a value that its pattern allows": {"AllowedPattern": "^\\d+$", "Value": "12"},
}
for _what, _changes in _ACCEPTED.items():

    def _accepted(target: Target, changes: dict[str, Any] = _changes) -> None:
        _put(target, **changes)

    PARAMETERS.accepts(f"PutParameter with {_what}", "API_PutParameter.html", _accepted)


@PARAMETERS.check("A parameter of the advanced tier takes large values without its tier", TIERS)
def advanced(target: Target) -> None:
    ssm, own = target.client("ssm"), target.new_name()
    for name in (own, f"/{own}", f"/conformance/{own}"):
        ssm.put_parameter(**{**PARAMETER, "Name": name, "Tier": "Advanced"})
        ssm.put_parameter(Name=name, Value="x" * 8192, Overwrite=True)
        ssm.delete_parameter(Name=name)


@PARAMETERS.check("Unknown names of GetParameters are listed as invalid", "API_GetParameters.html")
def unknown(target: Target) -> None:
    answer = target.client("ssm").get_parameters(Names=["/no/such", "/no/such-either"])
    expect("the invalid names", sorted(answer["InvalidParameters"]), ["/no/such", "/no/such-either"])
    expect("the parameters", answer["Parameters"], [])


@PARAMETERS.check(
    "Parameters that exist are not overwritten by themselves: ParameterAlreadyExists", "API_PutParameter.html"
)
def overwrite(target: Target) -> None:
    ssm, name = target.client("ssm"), f"/{target.new_name()}"
    given = {**PARAMETER, "Name": name}
    ssm.put_parameter(**given)
    expect_error("ParameterAlreadyExists", lambda: ssm.put_parameter(**{**given, "Value": "y"}))
    expect("the value", ssm.get_parameter(Name=name)["Parameter"]["Value"], "x")
    ssm.delete_parameter(Name=name)
