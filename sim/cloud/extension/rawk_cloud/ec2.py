"""EC2: groups and monitoring of instances, interfaces of NAT gateways, blocks of subnets, descriptions of rules."""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

import inspect
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses import EC2Response

from .patching import graft


def install() -> None:
    graft("ec2", MoreOfEC2)
    _keep_descriptions()
    _tell_subnets_blocks()


class MoreOfEC2(EC2Response):  # type: ignore[misc]
    """What moto lacks of EC2."""

    def run_instances(self) -> ActionResult:
        """Interfaces made for an instance have its groups, give it theirs, and go with it unless somebody says no.

        moto gives groups that are said of the first interface to that interface alone, and keeps all interfaces.
        """
        ran: ActionResult = super().run_instances()
        said = {int(each["DeviceIndex"]): each for each in self._get_param("NetworkInterfaces", [])}
        groups = [self.ec2_backend.get_security_group_from_id(each) for each in said.get(0, {}).get("Groups") or ()]
        for instance in ran.result.instances:
            instance.security_groups = groups or instance.security_groups
            for index, nic in instance.nics.items():
                if "NetworkInterfaceId" not in said.get(index, {}):
                    nic.delete_on_termination = said.get(index, {}).get("DeleteOnTermination") is not False
        return ran

    def delete_nat_gateway(self) -> ActionResult:
        """Its network interface goes with it."""
        gateway = self.ec2_backend.nat_gateways.get(self._get_param("NatGatewayId"))
        deleted: ActionResult = super().delete_nat_gateway()
        if gateway is not None:
            self.ec2_backend.enis.pop(gateway._eni.id, None)
        return deleted

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


def _tell_subnets_blocks() -> None:
    """IPv6 blocks: found by their association, and their state told as a word, where moto tells a state in a state."""
    stock = Subnet.get_filter_value

    def value(self: Subnet, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == "ipv6-cidr-block-association.association-id":
            return list(self.ipv6_cidr_block_associations)
        return stock(self, filter_name, method_name)

    def associations(self: Subnet) -> list[dict[str, Any]]:
        return [
            {**each, "ipv6CidrBlockState": {"state": each["ipv6CidrBlockState"]["State"]}}
            for each in self.ipv6_cidr_block_associations.values()
            if each["ipv6CidrBlockState"]["State"] == "associated"
        ]

    Subnet.get_filter_value = value
    Subnet.ipv6_cidr_block_association_set = property(associations)
