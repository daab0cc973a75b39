"""RDS: what a second plan would find different otherwise: identifiers, insights, data API, scaling, whose parameters.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Operations.html
"""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

import hashlib
from collections.abc import Iterable
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.models import DBCluster, DBInstance, DBParameterGroup
from moto.rds.responses import RDSResponse

from .patching import graft, refusal

INSIGHTS_RETENTION_DAYS = 7
"""What AWS keeps for nothing, and takes when nobody says."""


def install() -> None:
    graft("rds", MoreOfRDS)
    _tell_instances_apart()
    _tell_insights()
    _tell_serverless_as_it_is()
    _tell_whose_parameters()


class MoreOfRDS(RDSResponse):  # type: ignore[misc]
    """What moto lacks of RDS."""

    def delete_db_cluster(self) -> ActionResult:
        """A cluster's automated snapshots go with it."""
        deleted: ActionResult = super().delete_db_cluster()
        name, kept = self.params["DBClusterIdentifier"], self.backend.cluster_snapshots
        for each in [each for each in kept.values() if each.snapshot_type == "automated"]:
            if each.cluster.db_cluster_identifier == name:
                del kept[each.db_cluster_snapshot_identifier]
        return deleted

    def enable_http_endpoint(self) -> ActionResult:
        return self._switch_http_endpoint(to=True)

    def disable_http_endpoint(self) -> ActionResult:
        return self._switch_http_endpoint(to=False)

    def _switch_http_endpoint(self, *, to: bool) -> ActionResult:
        arn = self.params["ResourceArn"]
        for cluster in self.backend.clusters.values():
            if cluster.db_cluster_arn == arn:
                cluster.enable_http_endpoint = to
                return ActionResult({"ResourceArn": arn, "HttpEndpointEnabled": to})
        raise refusal("ResourceNotFoundException", f"There is no cluster with the ARN {arn}.")


def _tell_instances_apart() -> None:
    """In moto all have one resource id, and a client that looks for one by it finds all of them."""
    stock = DBInstance.__init__

    def begin(self: DBInstance, *arguments: Any, **named: Any) -> None:
        stock(self, *arguments, **named)
        digest = hashlib.sha256(self.db_instance_identifier.encode()).hexdigest().upper()
        self.dbi_resource_id = f"db-{digest[:26]}"
        self.enable_performance_insights = named.get("enable_performance_insights", False)
        self.performance_insights_retention_period = named.get("performance_insights_retention_period")

    DBInstance.__init__ = begin


def _tell_insights() -> None:
    def retention(self: DBInstance) -> int | None:
        return self.__dict__.get("insights_days") or (
            INSIGHTS_RETENTION_DAYS if self.enable_performance_insights else None
        )

    def keep(self: DBInstance, days: int | None) -> None:
        self.__dict__["insights_days"] = days

    DBInstance.performance_insights_enabled = property(lambda self: bool(self.enable_performance_insights))
    DBInstance.performance_insights_retention_period = property(retention, keep)


def _tell_serverless_as_it_is() -> None:
    """moto knows only the first serverless Aurora: it tells of its scaling everywhere, of no data API elsewhere."""
    stock_scaling = DBCluster.scaling_configuration_info.fget

    def scaling(self: DBCluster) -> Any:
        return stock_scaling(self) if self.scaling_configuration else None

    def switch(self: DBCluster, to: bool | None) -> None:
        self._enable_http_endpoint = bool(to) and self.engine.startswith("aurora")

    DBCluster.scaling_configuration_info = property(scaling)
    DBCluster.enable_http_endpoint = property(lambda self: self._enable_http_endpoint, switch)


def _tell_whose_parameters() -> None:
    """A parameter that somebody set is the user's; without a source, clients take it for the engine's."""
    stock = DBParameterGroup.update_parameters

    def update(self: DBParameterGroup, parameters: Iterable[dict[str, Any]]) -> None:
        stock(self, [{"Source": "user", **each} for each in parameters])

    DBParameterGroup.update_parameters = update
