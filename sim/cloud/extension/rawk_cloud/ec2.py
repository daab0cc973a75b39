"""EC2: security groups and monitoring of instances, network interfaces, IPv6 blocks of subnets, rule descriptions."""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import inspect
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses import EC2Response

from .patching import patch_responses


def install() -> None:
    patch_responses("ec2", EC2Additions)
    _keep_descriptions()
    _correct_subnet_blocks()


class EC2Additions(EC2Response):  # type: ignore[misc]
    """What moto lacks of EC2."""

    def run_instances(self) -> ActionResult:
        """The groups of the first interface are those of the instance; interfaces are deleted with their instance.

        Stock moto gives the groups to the interface alone, and never deletes interfaces. `DeleteOnTermination: false`
        and an existing interface are left alone.
        """
        ran: ActionResult = super().run_instances()
        given = {int(each["DeviceIndex"]): each for each in self._get_param("NetworkInterfaces", [])}
        groups = [self.ec2_backend.get_security_group_from_id(each) for each in given.get(0, {}).get("Groups") or ()]
        for instance in ran.result.instances:
            instance.security_groups = groups or instance.security_groups
            for index, nic in instance.nics.items():
                if "NetworkInterfaceId" not in given.get(index, {}):
                    nic.delete_on_termination = given.get(index, {}).get("DeleteOnTermination") is not False
        return ran

    def delete_nat_gateway(self) -> ActionResult:
        """Delete its network interface, too."""
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
        monitorings = [{"InstanceId": each.id, "Monitoring": each.monitoring} for each in instances]
        return ActionResult({"InstanceMonitorings": monitorings})


def _keep_descriptions() -> None:
    """Keep the description of every source; moto keeps that of an address range only."""
    stock = SecurityGroupRule.__init__
    signature = inspect.signature(stock)

    def begin(self: SecurityGroupRule, *arguments: Any, **named: Any) -> None:
        stock(self, *arguments, **named)
        given = signature.bind(self, *arguments, **named).arguments
        sources = (given.get("source_group") or {}, given.get("prefix_list_id") or {})
        self.source_description = next((source["Description"] for source in sources if "Description" in source), None)

    def description(self: SecurityGroupRule) -> str | None:
        ranges: dict[str, str] = self.ip_range
        return ranges.get("Description") or self.source_description

    SecurityGroupRule.__init__ = begin
    SecurityGroupRule.description = property(description)


def _correct_subnet_blocks() -> None:
    """IPv6 blocks are found by their association, and their state is a string; moto nests it once more."""
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
