"""App Runner: services, VPC connectors, auto-scaling and observability configurations, tags.

It describes services and runs nothing. Statuses go the way that AWS's do, and a waiting client sees each: a service is
`OPERATION_IN_PROGRESS` in the answer that changes it and `RUNNING` when looked at.
https://docs.aws.amazon.com/apprunner/latest/api/API_Operations.html
"""

import hashlib
import time
from typing import Any

from .json_service import Asked, JsonService, Refused, Told

DEFAULT_SCALING = ("DefaultConfiguration", 1, "00000000000000000000000000000001")
INSTANCE = {"Cpu": "1024", "Memory": "2048"}
HEALTH_CHECK = {
    "Protocol": "TCP",
    "Path": "/",
    "Interval": 5,
    "Timeout": 2,
    "HealthyThreshold": 1,
    "UnhealthyThreshold": 5,
}
NETWORK: dict[str, Any] = {
    "EgressConfiguration": {"EgressType": "DEFAULT"},
    "IngressConfiguration": {"IsPubliclyAccessible": True},
    "IpAddressType": "IPV4",
}
UNITS = {"0.25 vCPU": "256", "0.5 vCPU": "512", "1 vCPU": "1024", "2 vCPU": "2048", "4 vCPU": "4096"}
CHANGEABLE = (
    "SourceConfiguration",
    "InstanceConfiguration",
    "HealthCheckConfiguration",
    "NetworkConfiguration",
    "ObservabilityConfiguration",
    "AutoScalingConfigurationArn",
)


def service(account: str) -> JsonService:
    """App Runner as a WSGI application."""
    return JsonService(lambda region: AppRunner(account, region))


class AppRunner:
    """The books of one region. Each public method is an operation: what was asked in, what is told out."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._services: dict[str, Told] = {}
        self._connectors = Versions(self, "vpcconnector", "VpcConnector", "ACTIVE", "INACTIVE")
        self._scalings = Versions(self, "autoscalingconfiguration", "AutoScalingConfiguration", "active", "inactive")
        self._observers = Versions(
            self, "observabilityconfiguration", "ObservabilityConfiguration", "ACTIVE", "INACTIVE"
        )
        self._tags: dict[str, dict[str, str]] = {}

    def arn(self, *parts: object) -> str:
        return f"arn:aws:apprunner:{self._region}:{self._account}:{'/'.join(map(str, parts))}"

    # services

    def create_service(self, asked: Asked) -> Told:
        name = asked["ServiceName"]
        arn = self.arn("service", name, _id_of(name))
        there = self._services.get(arn)
        if there is not None and there["Asked"] != asked:
            raise Refused("InvalidRequestException", f"Service with the provided name already exists: {name}.")
        if there is None:
            self._services[arn] = self._new_service(name, arn, asked)
            self._tag(arn, asked.get("Tags") or ())
        return self._underway(arn)

    def describe_service(self, asked: Asked) -> Told:
        return {"Service": self._service(asked)}

    def list_services(self, _: Asked) -> Told:
        told = ("ServiceName", "ServiceId", "ServiceArn", "ServiceUrl", "CreatedAt", "UpdatedAt", "Status")
        return {"ServiceSummaryList": [{key: each[key] for key in told} for each in self._services.values()]}

    def update_service(self, asked: Asked) -> Told:
        kept = self._kept(asked)
        kept["Asked"] = kept["Asked"] | {name: asked[name] for name in CHANGEABLE if name in asked}
        kept.update(self._settings_of(kept["Asked"]), UpdatedAt=time.time())
        return self._underway(asked["ServiceArn"])

    def delete_service(self, asked: Asked) -> Told:
        arn = self._kept(asked)["ServiceArn"]
        answer = self._underway(arn)
        del self._services[arn]
        self._tags.pop(arn, None)
        return answer

    def pause_service(self, asked: Asked) -> Told:
        self._kept(asked)["Status"] = "PAUSED"
        return self._underway(asked["ServiceArn"])

    def resume_service(self, asked: Asked) -> Told:
        self._kept(asked)["Status"] = "RUNNING"
        return self._underway(asked["ServiceArn"])

    def start_deployment(self, asked: Asked) -> Told:
        return {"OperationId": _id_of(self._kept(asked)["ServiceArn"], time.time_ns())}

    def list_operations(self, asked: Asked) -> Told:
        kept = self._kept(asked)
        done = {"Type": "CREATE_SERVICE", "Status": "SUCCEEDED", "TargetArn": kept["ServiceArn"]}
        return {"OperationSummaryList": [{"Id": _id_of(kept["ServiceArn"]), **done}]}

    # what services are made of

    def create_vpc_connector(self, asked: Asked) -> Told:
        return self._connectors.create(asked, Subnets=asked["Subnets"], SecurityGroups=asked.get("SecurityGroups", []))

    def describe_vpc_connector(self, asked: Asked) -> Told:
        return self._connectors.describe(asked)

    def list_vpc_connectors(self, _: Asked) -> Told:
        return {"VpcConnectors": self._connectors.all()}

    def delete_vpc_connector(self, asked: Asked) -> Told:
        return self._connectors.delete(asked)

    def create_auto_scaling_configuration(self, asked: Asked) -> Told:
        limits = {"MaxConcurrency": 100, "MinSize": 1, "MaxSize": 25}
        given = {name: asked[name] for name in limits if name in asked}
        return self._scalings.create(asked, **{**limits, **given, "IsDefault": False, "HasAssociatedService": False})

    def describe_auto_scaling_configuration(self, asked: Asked) -> Told:
        return self._scalings.describe(asked)

    def list_auto_scaling_configurations(self, _: Asked) -> Told:
        return {"AutoScalingConfigurationSummaryList": self._scalings.all()}

    def delete_auto_scaling_configuration(self, asked: Asked) -> Told:
        return self._scalings.delete(asked)

    def create_observability_configuration(self, asked: Asked) -> Told:
        trace = {"TraceConfiguration": asked["TraceConfiguration"]} if asked.get("TraceConfiguration") else {}
        return self._observers.create(asked, **trace)

    def describe_observability_configuration(self, asked: Asked) -> Told:
        return self._observers.describe(asked)

    def list_observability_configurations(self, _: Asked) -> Told:
        return {"ObservabilityConfigurationSummaryList": self._observers.all()}

    def delete_observability_configuration(self, asked: Asked) -> Told:
        return self._observers.delete(asked)

    # tags

    def list_tags_for_resource(self, asked: Asked) -> Told:
        tags = self._tags.get(asked["ResourceArn"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def tag_resource(self, asked: Asked) -> Told:
        self._tag(asked["ResourceArn"], asked["Tags"])
        return {}

    def untag_resource(self, asked: Asked) -> Told:
        for key in asked["TagKeys"]:
            self._tags.get(asked["ResourceArn"], {}).pop(key, None)
        return {}

    # for the versions below

    def _tag(self, arn: str, tags: Any) -> None:
        self._tags.setdefault(arn, {}).update({tag["Key"]: tag.get("Value", "") for tag in tags})

    def _users_of(self, arn: str) -> list[str]:
        """Names of the services that use a connector or a configuration."""
        return [each["ServiceName"] for each in self._services.values() if arn in str(each)]

    def _new_service(self, name: str, arn: str, asked: Asked) -> Told:
        now = time.time()
        return {
            "Asked": asked,
            "ServiceName": name,
            "ServiceId": _id_of(name),
            "ServiceArn": arn,
            "ServiceUrl": f"{_id_of(name)[:10]}.{self._region}.awsapprunner.com",
            "CreatedAt": now,
            "UpdatedAt": now,
            "Status": "RUNNING",
            **self._settings_of(asked),
        }

    def _settings_of(self, asked: Asked) -> Told:
        """What was asked, with what AWS fills in."""
        instance = {**INSTANCE, **asked.get("InstanceConfiguration", {})}
        instance["Cpu"] = UNITS.get(instance["Cpu"], instance["Cpu"])
        instance["Memory"] = _megabytes(instance["Memory"])
        network = {**NETWORK, **asked.get("NetworkConfiguration", {})}
        source = {"AutoDeploymentsEnabled": False, **asked["SourceConfiguration"]}
        observability = asked.get("ObservabilityConfiguration")
        self._check_uses(network, observability or {})
        return {
            "SourceConfiguration": source,
            "InstanceConfiguration": instance,
            "HealthCheckConfiguration": {**HEALTH_CHECK, **asked.get("HealthCheckConfiguration", {})},
            "NetworkConfiguration": network,
            **({"ObservabilityConfiguration": observability} if observability else {}),
            "AutoScalingConfigurationSummary": self._scaling_summary(asked.get("AutoScalingConfigurationArn")),
        }

    def _check_uses(self, network: Told, observability: Told) -> None:
        connector = network["EgressConfiguration"].get("VpcConnectorArn")
        if connector:
            self._connectors.find(connector)
        observer = observability.get("ObservabilityConfigurationArn")
        if observer:
            self._observers.find(observer)

    def _scaling_summary(self, arn: str | None) -> Told:
        if arn is None or arn.endswith("/".join(map(str, DEFAULT_SCALING))):
            name, revision, identity = DEFAULT_SCALING
            arn = self.arn("autoscalingconfiguration", name, revision, identity)
        else:
            found = self._scalings.find(arn)
            name, revision = found["AutoScalingConfigurationName"], found["AutoScalingConfigurationRevision"]
        return {
            "AutoScalingConfigurationArn": arn,
            "AutoScalingConfigurationName": name,
            "AutoScalingConfigurationRevision": revision,
        }

    def _kept(self, asked: Asked) -> Told:
        if asked["ServiceArn"] not in self._services:
            raise Refused("ResourceNotFoundException", f"Service with the ARN {asked['ServiceArn']} does not exist.")
        return self._services[asked["ServiceArn"]]

    def _service(self, asked: Asked) -> Told:
        return {name: value for name, value in self._kept(asked).items() if name != "Asked"}

    def _underway(self, arn: str) -> Told:
        service = {**self._service({"ServiceArn": arn}), "Status": "OPERATION_IN_PROGRESS"}
        return {"Service": service, "OperationId": _id_of(arn, time.time_ns())}


class Versions:
    """Things that App Runner keeps in numbered versions under a name: an equal one made again is the same one."""

    def __init__(self, books: AppRunner, path: str, kind: str, alive: str, gone: str) -> None:
        self._books, self._path, self._kind = books, path, kind
        self._alive, self._gone = alive, gone
        self._kept: dict[str, Told] = {}
        self._asked: dict[str, Asked] = {}

    def create(self, asked: Asked, **settings: Any) -> Told:
        name = asked[f"{self._kind}Name"]
        for arn, before in self._asked.items():
            if before == asked and arn in self._kept:
                return {self._kind: self._kept[arn]}
        same = [each for each in self._kept.values() if each[f"{self._kind}Name"] == name]
        revision = max((each[f"{self._kind}Revision"] for each in same), default=0) + 1
        for each in same:
            each["Latest"] = False
        arn = self._books.arn(self._path, name, revision, _id_of(name, revision))
        self._asked[arn] = asked
        self._kept[arn] = {
            f"{self._kind}Arn": arn,
            f"{self._kind}Name": name,
            f"{self._kind}Revision": revision,
            "Latest": True,
            "Status": self._alive,
            "CreatedAt": time.time(),
            **settings,
        }
        self._books._tag(arn, asked.get("Tags") or ())
        return {self._kind: self._kept[arn]}

    def describe(self, asked: Asked) -> Told:
        return {self._kind: self.find(asked[f"{self._kind}Arn"])}

    def delete(self, asked: Asked) -> Told:
        arn = self.find(asked[f"{self._kind}Arn"])[f"{self._kind}Arn"]
        users = self._books._users_of(arn)
        if users:
            raise Refused("InvalidRequestException", f"{self._kind} {arn} is used by {', '.join(users)}.")
        return {self._kind: {**self._kept.pop(arn), "Status": self._gone, "DeletedAt": time.time()}}

    def find(self, arn: str) -> Told:
        if arn not in self._kept:
            raise Refused("ResourceNotFoundException", f"{self._kind} with the ARN {arn} does not exist.")
        return self._kept[arn]

    def all(self) -> list[Told]:
        return list(self._kept.values())


def _id_of(*parts: object) -> str:
    """32 hexadecimal digits, the same each time: who makes a thing again finds the one that is there."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def _megabytes(memory: str) -> str:
    """`2 GB` is 2048."""
    number, _, unit = memory.partition(" ")
    return str(round(float(number) * 1024)) if unit == "GB" else memory
