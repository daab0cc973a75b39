"""App Runner: services, VPC connectors, auto-scaling and observability configurations, tags.

It describes services and runs no code. Statuses change as on AWS, and a waiting client sees each of them: a service is
`OPERATION_IN_PROGRESS` in the response to a change and `RUNNING` in the next response.
https://docs.aws.amazon.com/apprunner/latest/api/API_Operations.html
"""

import hashlib
import time
from typing import Any

from .json_service import ApiError, JsonService, Params, Result

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
    """The state of one region. Each public method is an operation: it takes the parameters and returns the result."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        self._services: dict[str, Result] = {}
        self._connectors = Versions(self, "vpcconnector", "VpcConnector", "ACTIVE", "INACTIVE")
        self._scalings = Versions(self, "autoscalingconfiguration", "AutoScalingConfiguration", "active", "inactive")
        self._observers = Versions(
            self, "observabilityconfiguration", "ObservabilityConfiguration", "ACTIVE", "INACTIVE"
        )
        self._tags: dict[str, dict[str, str]] = {}

    def arn(self, *parts: object) -> str:
        return f"arn:aws:apprunner:{self._region}:{self._account}:{'/'.join(map(str, parts))}"

    # services

    def create_service(self, params: Params) -> Result:
        name = params["ServiceName"]
        arn = self.arn("service", name, _id_of(name))
        there = self._services.get(arn)
        if there is not None and there["Params"] != params:
            raise ApiError("InvalidRequestException", f"Service with the provided name already exists: {name}.")
        if there is None:
            self._services[arn] = self._new_service(name, arn, params)
            self._tag(arn, params.get("Tags") or ())
        return self._in_progress(arn)

    def describe_service(self, params: Params) -> Result:
        return {"Service": self._service(params)}

    def list_services(self, _: Params) -> Result:
        keys = ("ServiceName", "ServiceId", "ServiceArn", "ServiceUrl", "CreatedAt", "UpdatedAt", "Status")
        return {"ServiceSummaryList": [{key: each[key] for key in keys} for each in self._services.values()]}

    def update_service(self, params: Params) -> Result:
        stored = self._stored(params)
        stored["Params"] = stored["Params"] | {name: params[name] for name in CHANGEABLE if name in params}
        stored.update(self._settings_of(stored["Params"]), UpdatedAt=time.time())
        return self._in_progress(params["ServiceArn"])

    def delete_service(self, params: Params) -> Result:
        arn = self._stored(params)["ServiceArn"]
        answer = self._in_progress(arn)
        del self._services[arn]
        self._tags.pop(arn, None)
        return answer

    def pause_service(self, params: Params) -> Result:
        self._stored(params)["Status"] = "PAUSED"
        return self._in_progress(params["ServiceArn"])

    def resume_service(self, params: Params) -> Result:
        self._stored(params)["Status"] = "RUNNING"
        return self._in_progress(params["ServiceArn"])

    def start_deployment(self, params: Params) -> Result:
        return {"OperationId": _id_of(self._stored(params)["ServiceArn"], time.time_ns())}

    def list_operations(self, params: Params) -> Result:
        stored = self._stored(params)
        done = {"Type": "CREATE_SERVICE", "Status": "SUCCEEDED", "TargetArn": stored["ServiceArn"]}
        return {"OperationSummaryList": [{"Id": _id_of(stored["ServiceArn"]), **done}]}

    # connectors and configurations, which services refer to

    def create_vpc_connector(self, params: Params) -> Result:
        return self._connectors.create(
            params, Subnets=params["Subnets"], SecurityGroups=params.get("SecurityGroups", [])
        )

    def describe_vpc_connector(self, params: Params) -> Result:
        return self._connectors.describe(params)

    def list_vpc_connectors(self, _: Params) -> Result:
        return {"VpcConnectors": self._connectors.all()}

    def delete_vpc_connector(self, params: Params) -> Result:
        return self._connectors.delete(params)

    def create_auto_scaling_configuration(self, params: Params) -> Result:
        limits = {"MaxConcurrency": 100, "MinSize": 1, "MaxSize": 25}
        given = {name: params[name] for name in limits if name in params}
        return self._scalings.create(params, **{**limits, **given, "IsDefault": False, "HasAssociatedService": False})

    def describe_auto_scaling_configuration(self, params: Params) -> Result:
        return self._scalings.describe(params)

    def list_auto_scaling_configurations(self, _: Params) -> Result:
        return {"AutoScalingConfigurationSummaryList": self._scalings.all()}

    def delete_auto_scaling_configuration(self, params: Params) -> Result:
        return self._scalings.delete(params)

    def create_observability_configuration(self, params: Params) -> Result:
        trace = {"TraceConfiguration": params["TraceConfiguration"]} if params.get("TraceConfiguration") else {}
        return self._observers.create(params, **trace)

    def describe_observability_configuration(self, params: Params) -> Result:
        return self._observers.describe(params)

    def list_observability_configurations(self, _: Params) -> Result:
        return {"ObservabilityConfigurationSummaryList": self._observers.all()}

    def delete_observability_configuration(self, params: Params) -> Result:
        return self._observers.delete(params)

    # tags

    def list_tags_for_resource(self, params: Params) -> Result:
        tags = self._tags.get(params["ResourceArn"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def tag_resource(self, params: Params) -> Result:
        self._tag(params["ResourceArn"], params["Tags"])
        return {}

    def untag_resource(self, params: Params) -> Result:
        for key in params["TagKeys"]:
            self._tags.get(params["ResourceArn"], {}).pop(key, None)
        return {}

    # used by Versions

    def _tag(self, arn: str, tags: Any) -> None:
        self._tags.setdefault(arn, {}).update({tag["Key"]: tag.get("Value", "") for tag in tags})

    def _users_of(self, arn: str) -> list[str]:
        """Names of the services that use a connector or a configuration."""
        return [each["ServiceName"] for each in self._services.values() if arn in str(each)]

    def _new_service(self, name: str, arn: str, params: Params) -> Result:
        now = time.time()
        return {
            "Params": params,
            "ServiceName": name,
            "ServiceId": _id_of(name),
            "ServiceArn": arn,
            "ServiceUrl": f"{_id_of(name)[:10]}.{self._region}.awsapprunner.com",
            "CreatedAt": now,
            "UpdatedAt": now,
            "Status": "RUNNING",
            **self._settings_of(params),
        }

    def _settings_of(self, params: Params) -> Result:
        """The given settings, completed by AWS's defaults."""
        instance = {**INSTANCE, **params.get("InstanceConfiguration", {})}
        instance["Cpu"] = UNITS.get(instance["Cpu"], instance["Cpu"])
        instance["Memory"] = _megabytes(instance["Memory"])
        network = {**NETWORK, **params.get("NetworkConfiguration", {})}
        source = {"AutoDeploymentsEnabled": False, **params["SourceConfiguration"]}
        observability = params.get("ObservabilityConfiguration")
        self._check_uses(network, observability or {})
        return {
            "SourceConfiguration": source,
            "InstanceConfiguration": instance,
            "HealthCheckConfiguration": {**HEALTH_CHECK, **params.get("HealthCheckConfiguration", {})},
            "NetworkConfiguration": network,
            **({"ObservabilityConfiguration": observability} if observability else {}),
            "AutoScalingConfigurationSummary": self._scaling_summary(params.get("AutoScalingConfigurationArn")),
        }

    def _check_uses(self, network: Result, observability: Result) -> None:
        connector = network["EgressConfiguration"].get("VpcConnectorArn")
        if connector:
            self._connectors.find(connector)
        observer = observability.get("ObservabilityConfigurationArn")
        if observer:
            self._observers.find(observer)

    def _scaling_summary(self, arn: str | None) -> Result:
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

    def _stored(self, params: Params) -> Result:
        if params["ServiceArn"] not in self._services:
            raise ApiError("ResourceNotFoundException", f"Service with the ARN {params['ServiceArn']} does not exist.")
        return self._services[params["ServiceArn"]]

    def _service(self, params: Params) -> Result:
        return {name: value for name, value in self._stored(params).items() if name != "Params"}

    def _in_progress(self, arn: str) -> Result:
        service = {**self._service({"ServiceArn": arn}), "Status": "OPERATION_IN_PROGRESS"}
        return {"Service": service, "OperationId": _id_of(arn, time.time_ns())}


class Versions:
    """Resources that App Runner stores in numbered versions. Creating an equal one returns the existing one."""

    def __init__(self, state: AppRunner, path: str, kind: str, active: str, inactive: str) -> None:
        self._state, self._path, self._kind = state, path, kind
        self._active, self._inactive = active, inactive
        self._stored: dict[str, Result] = {}
        self._params: dict[str, Params] = {}

    def create(self, params: Params, **settings: Any) -> Result:
        name = params[f"{self._kind}Name"]
        for arn, before in self._params.items():
            if before == params and arn in self._stored:
                return {self._kind: self._stored[arn]}
        same = [each for each in self._stored.values() if each[f"{self._kind}Name"] == name]
        revision = max((each[f"{self._kind}Revision"] for each in same), default=0) + 1
        for each in same:
            each["Latest"] = False
        arn = self._state.arn(self._path, name, revision, _id_of(name, revision))
        self._params[arn] = params
        self._stored[arn] = {
            f"{self._kind}Arn": arn,
            f"{self._kind}Name": name,
            f"{self._kind}Revision": revision,
            "Latest": True,
            "Status": self._active,
            "CreatedAt": time.time(),
            **settings,
        }
        self._state._tag(arn, params.get("Tags") or ())
        return {self._kind: self._stored[arn]}

    def describe(self, params: Params) -> Result:
        return {self._kind: self.find(params[f"{self._kind}Arn"])}

    def delete(self, params: Params) -> Result:
        arn = self.find(params[f"{self._kind}Arn"])[f"{self._kind}Arn"]
        users = self._state._users_of(arn)
        if users:
            raise ApiError("InvalidRequestException", f"{self._kind} {arn} is used by {', '.join(users)}.")
        return {self._kind: {**self._stored.pop(arn), "Status": self._inactive, "DeletedAt": time.time()}}

    def find(self, arn: str) -> Result:
        if arn not in self._stored:
            raise ApiError("ResourceNotFoundException", f"{self._kind} with the ARN {arn} does not exist.")
        return self._stored[arn]

    def all(self) -> list[Result]:
        return list(self._stored.values())


def _id_of(*parts: object) -> str:
    """32 hexadecimal digits, the same for the same parts: creating a resource again finds the existing one."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def _megabytes(memory: str) -> str:
    """`2 GB` is 2048."""
    number, _, unit = memory.partition(" ")
    return str(round(float(number) * 1024)) if unit == "GB" else memory
