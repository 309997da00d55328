"""What moto gets wrong of databases and caches, put right in moto's own models."""

import json
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse
from moto.moto_api._internal import mock_random
from moto.rds.models import DBSubnetGroup, MasterUserSecret, RDSBackend
from moto.rds.responses import RDSResponse

from stackyard.local.aws.patching import method, patch

PASSWORD_LENGTH = 40


def repair_data() -> None:
    """Patch moto's classes of RDS and ElastiCache."""
    _repair_database_subnet_group()
    _repair_parameter_groups()
    _repair_automated_snapshots()
    _repair_master_secret()
    _repair_cache_subnet_group()
    _repair_replication_group()


def _repair_database_subnet_group() -> None:
    def modify(
        self: RDSBackend, subnet_name: str, description: str | None, subnets: list[Any]
    ) -> DBSubnetGroup:
        # moto takes the group out of its list and never puts it back.
        group: DBSubnetGroup = self.describe_db_subnet_groups(subnet_name)[0]
        group.subnets = subnets
        if description is not None:
            group.description = description
        return group

    patch(RDSBackend, "modify_db_subnet_group", modify)


def _repair_parameter_groups() -> None:
    """Moto has neither reset of parameters nor, for clusters, a change of the exported logs."""

    def reset(kind: str) -> Any:
        key = f"DB{'Cluster' if kind == 'cluster_' else ''}ParameterGroupName"

        def answer(self: RDSResponse) -> ActionResult:
            name = self.params.get(key)
            group = getattr(self.backend, f"db_{kind}parameter_groups")[name]
            for parameter in self.params.get("Parameters", []):
                group.parameters.pop(parameter.original_dict()["ParameterName"], None)
            return ActionResult({key: name})

        return answer

    patch(RDSResponse, "reset_db_parameter_group", reset(""))
    patch(RDSResponse, "reset_db_cluster_parameter_group", reset("cluster_"))
    modify_without_logs = method(RDSBackend, "modify_db_cluster")

    def modify(self: RDSBackend, kwargs: dict[str, Any]) -> Any:
        exports = kwargs.pop("cloudwatch_logs_export_configuration", None)
        if exports:
            kwargs["enable_cloudwatch_logs_exports"] = exports
        return modify_without_logs(self, kwargs)

    patch(RDSBackend, "modify_db_cluster", modify)


def _repair_automated_snapshots() -> None:
    """A cluster's automated snapshots end with it; moto keeps them, and their names."""
    delete_without = method(RDSBackend, "delete_db_cluster")

    def delete(self: RDSBackend, cluster_identifier: str, *rest: Any, **more: Any) -> Any:
        cluster = delete_without(self, cluster_identifier, *rest, **more)
        for id_, snapshot in list(self.cluster_snapshots.items()):
            if snapshot.db_cluster_identifier == cluster_identifier and id_.startswith("rds:"):
                del self.cluster_snapshots[id_]
        return cluster

    patch(RDSBackend, "delete_db_cluster", delete)


def _repair_master_secret() -> None:
    def secret_string(self: MasterUserSecret) -> str:
        # moto says admin and one password for all; RDS says the cluster's user and a random one.
        password = mock_random.get_random_string(PASSWORD_LENGTH)
        user = getattr(self.resource, "master_username", None) or "admin"
        return json.dumps({"username": user, "password": password})

    patch(MasterUserSecret, "_generate_secret_string", secret_string)


def _repair_cache_subnet_group() -> None:
    """Moto has neither modify nor delete of a cache subnet group."""

    def delete(self: Any) -> ActionResult:
        name = self._get_param("CacheSubnetGroupName")
        backend = self.elasticache_backend
        backend.describe_cache_subnet_groups(name)
        del backend.cache_subnet_groups[name]
        return EmptyResult()

    def modify(self: Any) -> ActionResult:
        name = self._get_param("CacheSubnetGroupName")
        backend = self.elasticache_backend
        old = backend.describe_cache_subnet_groups(name)[0]
        described = self._get_param("CacheSubnetGroupDescription")
        del backend.cache_subnet_groups[name]
        group = backend.create_cache_subnet_group(
            cache_subnet_group_name=name,
            cache_subnet_group_description=described or old.cache_subnet_group_description,
            subnet_ids=self._get_param("SubnetIds", []) or old.subnet_ids,
            tags=[],
        )
        return ActionResult({"CacheSubnetGroup": group})

    patch(ElastiCacheResponse, "delete_cache_subnet_group", delete)
    patch(ElastiCacheResponse, "modify_cache_subnet_group", modify)


def _repair_replication_group() -> None:
    delete_only_marked = method(ElastiCacheBackend, "delete_replication_group")
    create_without = method(ElastiCacheBackend, "create_replication_group")

    def delete(self: ElastiCacheBackend, replication_group_id: str, *rest: Any, **more: Any) -> Any:
        # moto shows a deleted group as "deleting" for ever.
        group = delete_only_marked(self, replication_group_id, *rest, **more)
        del self.replication_groups[replication_group_id]
        return group

    def create(self: ElastiCacheBackend, **kwargs: Any) -> Any:
        # moto names the reader endpoint by an attribute that no answer shows.
        group: Any = create_without(self, **kwargs)
        for nodes in group.node_groups:
            if "reader_endpoint_address" in nodes:
                address = nodes["reader_endpoint_address"]
                nodes["reader_endpoint"] = {"address": address, "port": group.port}
        return group

    patch(ElastiCacheBackend, "delete_replication_group", delete)
    patch(ElastiCacheBackend, "create_replication_group", create)
