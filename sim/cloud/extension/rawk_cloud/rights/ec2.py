"""The permissions that a call of EC2 needs: on what it makes, on what it is about, and on the tags that it gives.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from .need import Call, Need, Needs, passed

MADE = {
    "AllocateAddress": ("elastic-ip",),
    "AuthorizeSecurityGroupEgress": ("security-group-rule",),
    "AuthorizeSecurityGroupIngress": ("security-group-rule",),
    "CreateEgressOnlyInternetGateway": ("egress-only-internet-gateway",),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateNatGateway": ("natgateway",),
    "CreateRouteTable": ("route-table",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSubnet": ("subnet",),
    "CreateVpc": ("vpc",),
    "CreateVpcEndpoint": ("vpc-endpoint",),
    "RunInstances": ("instance", "volume", "network-interface"),
}
"""Operation -> the kinds of resources that it makes."""

KINDS = {
    "ami": "image",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "i": "instance",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""Prefix of an identifier -> the kind in an ARN."""

ABOUT = (
    *("AllocationId", "EgressOnlyInternetGatewayId", "GroupId", "InstanceId", "InternetGatewayId", "NatGatewayId"),
    *("NetworkInterfaceId", "RouteTableId", "SubnetId", "VolumeId", "VpcEndpointId", "VpcId"),
    *("InstanceIds", "SecurityGroupIds", "SubnetIds", "RouteTableIds", "VpcEndpointIds"),
    *("AddRouteTableIds", "AddSecurityGroupIds", "AddSubnetIds"),
    *("RemoveRouteTableIds", "RemoveSecurityGroupIds", "RemoveSubnetIds"),
)
"""Parameters that name what a call is about."""

ONLY = {"CreateRoute": ("RouteTableId",), "ReplaceRoute": ("RouteTableId",), "DeleteRoute": ("RouteTableId",)}
"""Operations that judge fewer of them than they name."""

OF_AN_ASSOCIATION = (
    *("DisassociateAddress", "DisassociateRouteTable"),
    *("DisassociateSubnetCidrBlock", "DisassociateVpcCidrBlock"),
)


UNLESS_GIVEN: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("aws:requesttag/pipeline", "aws:resourcetag/pipeline", "ec2:createaction", "ec2:owner"), ()
)
"""Keys that a call is known to lack where it does not have them: the judge takes other missing keys for unknown."""


def needs(call: Call) -> Needs:
    for each in _needs(call):
        known = UNLESS_GIVEN if each.action.startswith("ec2:") else {}
        yield Need(each.action, each.resource, {**known, **each.context})


def _needs(call: Call) -> Needs:
    if call.reads:
        yield call.need()
    elif call.operation in ("CreateTags", "DeleteTags"):
        given = _tags(call.parameters.get("Tags")) if call.operation == "CreateTags" else {}
        yield from (_about(call, each, given) for each in call.parameters.get("Resources") or ())
    else:
        yield from _made(call)
        yield from (_about(call, each) for each in _identifiers(call))
        if call.operation == "RunInstances":
            yield from _of_an_instance(call)
        if call.operation == "CreateVpcEndpoint" and call.parameters.get("PrivateDnsEnabled"):
            # EC2 joins the endpoint's private zone to the network with the caller's rights.
            vpc = call.arn(f"vpc/{call.text('VpcId')}")
            for zone in ("arn:aws:route53:::hostedzone/*", vpc):
                yield Need("route53:AssociateVPCWithHostedZone", zone)


def _made(call: Call) -> Needs:
    given = {
        str(each.get("ResourceType")): _tags(each.get("Tags"))
        for each in call.parameters.get("TagSpecifications") or ()
    }
    for kind in MADE.get(call.operation, ()):
        new = call.arn(f"{kind}/*")
        requested = _requested(given.get(kind, {}))
        yield Need(f"ec2:{call.operation}", new, requested)
        if kind in given:
            yield Need("ec2:CreateTags", new, {**requested, "ec2:createaction": (call.operation,)})


def _identifiers(call: Call) -> Iterable[str]:
    if call.operation in OF_AN_ASSOCIATION:
        yield from call.known.parts_of(call.text("AssociationId"))
        return
    for name in ONLY.get(call.operation, ABOUT):
        value = call.parameters.get(name)
        yield from [value] if isinstance(value, str) and value else value or ()
    if call.operation == "AssociateAddress":
        yield from call.known.parts_of(call.text("InstanceId"))
    if attachment := call.text("AttachmentId"):
        yield from call.known.parts_of(attachment)


def _about(call: Call, identifier: str, requested: Mapping[str, str] | None = None) -> Need:
    kind = KINDS.get(identifier.partition("-")[0], "*")
    tags = {f"aws:resourcetag/{key.lower()}": (value,) for key, value in call.known.tags_of(identifier).items()}
    return Need(f"ec2:{call.operation}", call.arn(f"{kind}/{identifier}"), {**tags, **_requested(requested or {})})


def _of_an_instance(call: Call) -> Needs:
    if image := call.text("ImageId"):
        resource = f"arn:aws:ec2:{call.region}::image/{image}"
        yield Need("ec2:RunInstances", resource, {"ec2:owner": ("amazon",)})
    for interface in call.parameters.get("NetworkInterfaces") or ():
        for identifier in (interface.get("SubnetId"), *(interface.get("Groups") or ())):
            if identifier:
                yield _about(call, identifier)
    profile: Mapping[str, Any] = call.parameters.get("IamInstanceProfile") or {}
    name = profile.get("Name") or str(profile.get("Arn") or "").rpartition("/")[2]
    yield from passed((name and call.known.role_of_profile(name)) or "", "ec2.amazonaws.com")


def _tags(given: Any) -> dict[str, str]:
    return {str(each["Key"]): str(each.get("Value") or "") for each in given or ()}


def _requested(tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items()}
