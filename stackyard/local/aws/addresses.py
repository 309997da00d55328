"""Addresses of the bodies, decided where moto makes the object, so that every describe shows them.

An address is the lowest free one of its network. What is free follows from moto's own objects, so a
replay of the same calls gives the same addresses.
"""

import base64
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from moto.cloudfront.models import CloudFrontBackend, cloudfront_backends
from moto.eks.models import Cluster, EKSBackend
from moto.elasticache.models import ElastiCacheBackend, elasticache_backends
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer, elbv2_backends
from moto.rds.models import DBCluster, DBInstance, rds_backends

from stackyard.local.aws.connection import ACCOUNT
from stackyard.local.aws.patching import method, patch
from stackyard.local.layout import EDGE_PORT, LISTENER_PORTS, MYSQL_PORT, REDIS_PORT, Layout

HOSTS = 254


def free(address: Callable[[int], str], used: Iterable[str], wanted: int = 1) -> list[str]:
    """The lowest free addresses of a network. Raises `ValueError` when 254 hosts are in use."""
    taken = set(used)
    found: list[str] = []
    for number in count(1):
        if number > HOSTS:
            raise ValueError(f"all {HOSTS} addresses beside {address(1)} are in use; delete some")
        if address(number) not in taken:
            found.append(address(number))
        if len(found) == wanted:
            return found
    raise AssertionError("count() does not end")


def give_addresses(layout: Layout) -> None:
    """Patch moto so that what has a body in `layout` says where the body answers."""
    _load_balancers(layout)
    _databases(layout)
    _caches(layout)
    _distributions(layout)
    _clusters(layout)


def _everywhere(backends: Any, attribute: str) -> Iterable[Any]:
    """The objects of one kind over all regions that are in use."""
    for backend in list(backends[ACCOUNT].values()):
        yield from list(getattr(backend, attribute).values())


def _load_balancers(layout: Layout) -> None:
    create = method(ELBv2Backend, "create_load_balancer")

    def create_with_address(self: ELBv2Backend, *args: Any, **kwargs: Any) -> FakeLoadBalancer:
        used = {x.dns_name.split(":")[0] for x in _everywhere(elbv2_backends, "load_balancers")}
        balancer = create(self, *args, **kwargs)
        (address,) = free(layout.load_balancer, used)
        balancer.dns_name = f"{address}:{LISTENER_PORTS[80]}"
        return balancer

    patch(ELBv2Backend, "create_load_balancer", create_with_address)


def _databases(layout: Layout) -> None:
    """Clusters take two addresses (writer, reader), instances one."""

    def used() -> set[str]:
        clusters = _everywhere(rds_backends, "clusters")
        instances = _everywhere(rds_backends, "databases")
        return {a for x in (*clusters, *instances) for a in getattr(x, "body_addresses", ())}

    def with_addresses(kind: type[Any], wanted: int) -> None:
        make = method(kind, "__init__")

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            make(self, *args, **kwargs)
            self.body_addresses = free(layout.database, used(), wanted)

        patch(kind, "__init__", init)

    with_addresses(DBCluster, 2)
    with_addresses(DBInstance, 1)
    patch(DBCluster, "endpoint", property(lambda self: self.body_addresses[0]))
    patch(DBCluster, "reader_endpoint", property(lambda self: self.body_addresses[1]))
    patch(DBInstance, "address", property(lambda self: self.body_addresses[0]))
    patch(
        DBInstance, "endpoint", property(lambda self: {"Address": self.address, "Port": MYSQL_PORT})
    )


def _caches(layout: Layout) -> None:
    create = method(ElastiCacheBackend, "create_replication_group")

    def create_with_addresses(self: ElastiCacheBackend, **kwargs: Any) -> Any:
        groups = _everywhere(elasticache_backends, "replication_groups")
        used = {a for x in groups for a in getattr(x, "body_addresses", ())}
        group: Any = create(self, **kwargs)
        primary, reader = group.body_addresses = free(layout.cache, used, 2)
        for nodes in group.node_groups:
            nodes["primary_endpoint"] = {"address": primary, "port": REDIS_PORT}
            nodes["reader_endpoint"] = {"address": reader, "port": REDIS_PORT}
            nodes["primary_endpoint_address"] = primary
            nodes["reader_endpoint_address"] = reader
        return group

    patch(ElastiCacheBackend, "create_replication_group", create_with_addresses)


def _distributions(layout: Layout) -> None:
    create = method(CloudFrontBackend, "create_distribution_with_tags")

    def create_with_address(self: CloudFrontBackend, *args: Any, **kwargs: Any) -> Any:
        others = list(_everywhere(cloudfront_backends, "distributions"))
        made = create(self, *args, **kwargs)
        (address,) = free(layout.edge, {x.domain_name.split(":")[0] for x in others})
        made[0].domain_name = f"{address}:{EDGE_PORT}"
        return made

    patch(CloudFrontBackend, "create_distribution_with_tags", create_with_address)


def _clusters(layout: Layout) -> None:
    create = method(EKSBackend, "create_cluster")

    def create_with_endpoint(self: EKSBackend, *args: Any, **kwargs: Any) -> Cluster:
        cluster = create(self, *args, **kwargs)
        cluster.endpoint = layout.kube_endpoint
        authority = layout.certificate_authority
        if authority.exists():
            text = base64.b64encode(authority.read_bytes()).decode()
            cluster.certificate_authority = {"data": text}
        return cluster

    patch(EKSBackend, "create_cluster", create_with_endpoint)
