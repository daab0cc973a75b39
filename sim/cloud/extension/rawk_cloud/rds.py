"""RDS: identifiers, Performance Insights, Data API, scaling, sources of parameters. Without them, second plans differ.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Operations.html
"""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import hashlib
from collections.abc import Iterable
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.models import DBCluster, DBInstance, DBParameterGroup
from moto.rds.responses import RDSResponse

from .patching import api_error, patch_responses

INSIGHTS_RETENTION_DAYS = 7
"""AWS's default, which costs nothing."""


def install() -> None:
    patch_responses("rds", RDSAdditions)
    _give_instances_their_own_resource_id()
    _add_performance_insights()
    _correct_serverless_settings()
    _mark_parameters_of_users()


class RDSAdditions(RDSResponse):  # type: ignore[misc]
    """What moto lacks of RDS."""

    def delete_db_cluster(self) -> ActionResult:
        """Delete the cluster's automated snapshots, too."""
        deleted: ActionResult = super().delete_db_cluster()
        name, snapshots = self.params["DBClusterIdentifier"], self.backend.cluster_snapshots
        for each in [each for each in snapshots.values() if each.snapshot_type == "automated"]:
            if each.cluster.db_cluster_identifier == name:
                del snapshots[each.db_cluster_snapshot_identifier]
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
        raise api_error("ResourceNotFoundException", f"There is no cluster with the ARN {arn}.")


def _give_instances_their_own_resource_id() -> None:
    """In stock moto all instances have the same resource id, and a filter by it finds all of them."""
    stock = DBInstance.__init__

    def begin(self: DBInstance, *arguments: Any, **named: Any) -> None:
        stock(self, *arguments, **named)
        digest = hashlib.sha256(self.db_instance_identifier.encode()).hexdigest().upper()
        self.dbi_resource_id = f"db-{digest[:26]}"
        self.enable_performance_insights = named.get("enable_performance_insights", False)
        self.performance_insights_retention_period = named.get("performance_insights_retention_period")

    DBInstance.__init__ = begin


def _add_performance_insights() -> None:
    def retention(self: DBInstance) -> int | None:
        return self.__dict__.get("insights_days") or (
            INSIGHTS_RETENTION_DAYS if self.enable_performance_insights else None
        )

    def keep(self: DBInstance, days: int | None) -> None:
        self.__dict__["insights_days"] = days

    DBInstance.performance_insights_enabled = property(lambda self: bool(self.enable_performance_insights))
    DBInstance.performance_insights_retention_period = property(retention, keep)


def _correct_serverless_settings() -> None:
    """moto has Aurora Serverless v1 only: v1 scaling for every cluster, and the Data API for v1 alone."""
    stock_scaling = DBCluster.scaling_configuration_info.fget

    def scaling(self: DBCluster) -> Any:
        return stock_scaling(self) if self.scaling_configuration else None

    def switch(self: DBCluster, to: bool | None) -> None:
        self._enable_http_endpoint = bool(to) and self.engine.startswith("aurora")

    DBCluster.scaling_configuration_info = property(scaling)
    DBCluster.enable_http_endpoint = property(lambda self: self._enable_http_endpoint, switch)


def _mark_parameters_of_users() -> None:
    """The source of a changed parameter is the user; without a source, clients take it for an engine default."""
    stock = DBParameterGroup.update_parameters

    def update(self: DBParameterGroup, parameters: Iterable[dict[str, Any]]) -> None:
        stock(self, [{"Source": "user", **each} for each in parameters])

    DBParameterGroup.update_parameters = update
