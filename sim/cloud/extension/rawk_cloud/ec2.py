"""EC2: detailed monitoring of instances; a rule's description, also where its source is no range of addresses."""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

import inspect
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response

from .grafting import graft


def install() -> None:
    graft("ec2", MoreOfEC2)
    _keep_descriptions()


class MoreOfEC2(EC2Response):  # type: ignore[misc]
    """What moto lacks of EC2."""

    def monitor_instances(self) -> ActionResult:
        return self._monitor("enabled")

    def unmonitor_instances(self) -> ActionResult:
        return self._monitor("disabled")

    def _monitor(self, state: str) -> ActionResult:
        instances = [self.ec2_backend.get_instance(each) for each in self._get_param("InstanceIds", [])]
        for instance in instances:
            instance.monitoring_state = state
        told = [{"InstanceId": each.id, "Monitoring": each.monitoring} for each in instances]
        return ActionResult({"InstanceMonitorings": told})


def _keep_descriptions() -> None:
    """moto keeps the description of an address range alone."""
    stock = SecurityGroupRule.__init__
    signature = inspect.signature(stock)

    def begin(self: SecurityGroupRule, *arguments: Any, **named: Any) -> None:
        stock(self, *arguments, **named)
        given = signature.bind(self, *arguments, **named).arguments
        sources = (given.get("source_group") or {}, given.get("prefix_list_id") or {})
        self.said = next((source["Description"] for source in sources if "Description" in source), None)

    def description(self: SecurityGroupRule) -> str | None:
        ranges: dict[str, str] = self.ip_range
        return ranges.get("Description") or self.said

    SecurityGroupRule.__init__ = begin
    SecurityGroupRule.description = property(description)
