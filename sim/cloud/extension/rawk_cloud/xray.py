"""X-Ray: groups, sampling rules and their tags.

https://docs.aws.amazon.com/xray/latest/api/API_Operations.html
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import json
import time
from typing import Any

from moto.xray.responses import XRayResponse

from .patching import Tags, api_error, patch_responses, storage

PATHS = {
    "/CreateGroup": "create_group",
    "/GetGroup": "get_group",
    "/UpdateGroup": "update_group",
    "/DeleteGroup": "delete_group",
    "/Groups": "groups",
    "/CreateSamplingRule": "create_sampling_rule",
    "/GetSamplingRules": "get_sampling_rules",
    "/UpdateSamplingRule": "update_sampling_rule",
    "/DeleteSamplingRule": "delete_sampling_rule",
    "/ListTagsForResource": "list_tags_for_resource",
    "/TagResource": "tag_resource",
    "/UntagResource": "untag_resource",
}
"""Path of an operation -> method. X-Ray's requests name the operation by their path alone."""


def install() -> None:
    patch_responses("xray", XRayAdditions, PATHS)


class XRayAdditions(XRayResponse):  # type: ignore[misc]
    """What moto lacks of X-Ray."""

    def create_group(self) -> str:
        name = self._get_param("GroupName")
        if name in self._groups():
            raise api_error("InvalidRequestException", f"A group with the name {name} already exists.")
        arn = self._arn(f"group/{name}/{len(self._groups()) + 1:026}")
        self._groups()[name] = {
            "GroupName": name,
            "GroupARN": arn,
            **self._given("FilterExpression", "InsightsConfiguration"),
        }
        self._tags().add(arn, self._get_param("Tags") or ())
        return json.dumps({"Group": self._group_result(name)})

    def get_group(self) -> str:
        return json.dumps({"Group": self._group_result(self._group_name())})

    def groups(self) -> str:
        return json.dumps({"Groups": [self._group_result(name) for name in self._groups()]})

    def update_group(self) -> str:
        name = self._group_name()
        self._groups()[name].update(self._given("FilterExpression", "InsightsConfiguration"))
        return json.dumps({"Group": self._group_result(name)})

    def delete_group(self) -> str:
        removed = self._groups().pop(self._group_name())
        self._tags().forget(removed["GroupARN"])
        return "{}"

    def create_sampling_rule(self) -> str:
        given = self._get_param("SamplingRule")
        name = given["RuleName"]
        if name in self._rules():
            raise api_error("InvalidRequestException", f"A sampling rule with the name {name} already exists.")
        now = time.time()
        rule = {"Attributes": {}, **given, "RuleARN": self._arn(f"sampling-rule/{name}")}
        self._rules()[name] = {"SamplingRule": rule, "CreatedAt": now, "ModifiedAt": now}
        self._tags().add(rule["RuleARN"], self._get_param("Tags") or ())
        return json.dumps({"SamplingRuleRecord": self._rules()[name]})

    def get_sampling_rules(self) -> str:
        return json.dumps({"SamplingRuleRecords": list(self._rules().values())})

    def update_sampling_rule(self) -> str:
        changes = self._get_param("SamplingRuleUpdate")
        record = self._rules()[self._rule_name(changes)]
        record["SamplingRule"].update(changes)
        record["ModifiedAt"] = time.time()
        return json.dumps({"SamplingRuleRecord": record})

    def delete_sampling_rule(self) -> str:
        removed = self._rules().pop(self._rule_name(self.request_params))
        self._tags().forget(removed["SamplingRule"]["RuleARN"])
        return json.dumps({"SamplingRuleRecord": removed})

    def list_tags_for_resource(self) -> str:
        return json.dumps({"Tags": self._tags().of(self._get_param("ResourceARN"))})

    def tag_resource(self) -> str:
        self._tags().add(self._get_param("ResourceARN"), self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        self._tags().remove(self._get_param("ResourceARN"), self._get_param("TagKeys"))
        return "{}"

    def _group_name(self) -> str:
        name, arn = self._get_param("GroupName"), self._get_param("GroupARN")
        for each in self._groups().values():
            if each["GroupName"] == name or each["GroupARN"] == arn:
                return str(each["GroupName"])
        raise api_error("InvalidRequestException", "Group not found")

    def _rule_name(self, wanted: dict[str, Any]) -> str:
        for name, record in self._rules().items():
            if name == wanted.get("RuleName") or record["SamplingRule"]["RuleARN"] == wanted.get("RuleARN"):
                return name
        raise api_error("InvalidRequestException", "Sampling rule does not exist.")

    def _group_result(self, name: str) -> dict[str, Any]:
        """The group as AWS returns it; insights are off by default."""
        insights = {"InsightsEnabled": False, "NotificationsEnabled": False}
        group = self._groups()[name]
        return {**group, "InsightsConfiguration": {**insights, **group.get("InsightsConfiguration", {})}}

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: self.request_params[name] for name in names if name in self.request_params}

    def _arn(self, what: str) -> str:
        return f"arn:{self.partition}:xray:{self.region}:{self.current_account}:{what}"

    def _groups(self) -> dict[str, dict[str, Any]]:
        return storage(self.xray_backend, "groups")

    def _rules(self) -> dict[str, dict[str, Any]]:
        return storage(self.xray_backend, "sampling_rules")

    def _tags(self) -> Tags:
        return Tags(self.xray_backend)
