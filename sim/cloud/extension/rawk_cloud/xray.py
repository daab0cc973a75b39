"""X-Ray: groups, sampling rules and their tags.

https://docs.aws.amazon.com/xray/latest/api/API_Operations.html
"""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

import json
import time
from typing import Any

from moto.xray.responses import XRayResponse

from .patching import Tags, graft, refusal, shelf

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
"""X-Ray says what it wants by path alone; moto looks for the method of that name."""


def install() -> None:
    graft("xray", MoreOfXRay, PATHS)


class MoreOfXRay(XRayResponse):  # type: ignore[misc]
    """What moto lacks of X-Ray."""

    def create_group(self) -> str:
        name = self._get_param("GroupName")
        if name in self._groups():
            raise refusal("InvalidRequestException", f"A group with the name {name} already exists.")
        arn = self._arn(f"group/{name}/{len(self._groups()) + 1:026}")
        self._groups()[name] = {
            "GroupName": name,
            "GroupARN": arn,
            **self._said("FilterExpression", "InsightsConfiguration"),
        }
        self._tags().add(arn, self._get_param("Tags") or ())
        return json.dumps({"Group": self._whole_group(name)})

    def get_group(self) -> str:
        return json.dumps({"Group": self._whole_group(self._group_name())})

    def groups(self) -> str:
        return json.dumps({"Groups": [self._whole_group(name) for name in self._groups()]})

    def update_group(self) -> str:
        name = self._group_name()
        self._groups()[name].update(self._said("FilterExpression", "InsightsConfiguration"))
        return json.dumps({"Group": self._whole_group(name)})

    def delete_group(self) -> str:
        gone = self._groups().pop(self._group_name())
        self._tags().forget(gone["GroupARN"])
        return "{}"

    def create_sampling_rule(self) -> str:
        asked = self._get_param("SamplingRule")
        name = asked["RuleName"]
        if name in self._rules():
            raise refusal("InvalidRequestException", f"A sampling rule with the name {name} already exists.")
        now = time.time()
        rule = {"Attributes": {}, **asked, "RuleARN": self._arn(f"sampling-rule/{name}")}
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
        gone = self._rules().pop(self._rule_name(self.request_params))
        self._tags().forget(gone["SamplingRule"]["RuleARN"])
        return json.dumps({"SamplingRuleRecord": gone})

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
        raise refusal("InvalidRequestException", "Group not found")

    def _rule_name(self, wanted: dict[str, Any]) -> str:
        for name, record in self._rules().items():
            if name == wanted.get("RuleName") or record["SamplingRule"]["RuleARN"] == wanted.get("RuleARN"):
                return name
        raise refusal("InvalidRequestException", "Sampling rule does not exist.")

    def _whole_group(self, name: str) -> dict[str, Any]:
        """As AWS tells it: insights are off unless somebody wanted them."""
        insights = {"InsightsEnabled": False, "NotificationsEnabled": False}
        group = self._groups()[name]
        return {**group, "InsightsConfiguration": {**insights, **group.get("InsightsConfiguration", {})}}

    def _said(self, *names: str) -> dict[str, Any]:
        return {name: self.request_params[name] for name in names if name in self.request_params}

    def _arn(self, what: str) -> str:
        return f"arn:{self.partition}:xray:{self.region}:{self.current_account}:{what}"

    def _groups(self) -> dict[str, dict[str, Any]]:
        return shelf(self.xray_backend, "groups")

    def _rules(self) -> dict[str, dict[str, Any]]:
        return shelf(self.xray_backend, "sampling_rules")

    def _tags(self) -> Tags:
        return Tags(self.xray_backend)
