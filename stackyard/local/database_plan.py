"""Which MariaDB daemons the RDS clusters ask for, and on which addresses; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stackyard.local.wire import JsonObject


@dataclass(frozen=True, kw_only=True)
class Server:
    """One MariaDB daemon as it should run."""

    instance: str
    """The RDS instance's identifier."""
    cluster: str
    volume: str
    """AWS's id of this very cluster: one made anew under the same name starts empty."""
    addresses: tuple[str, ...]
    """Where it answers, its own address first, then the cluster's endpoints."""
    primary: str | None
    """Address it replicates from; none for the primary itself."""
    require_tls: bool

    @property
    def number(self) -> int:
        """Differs within a slot: MariaDB's server id, and the name of its files."""
        return int(ipaddress.IPv4Address(self.addresses[0])) & 0xFFFF

    @property
    def folder(self) -> str:
        """Name of its data folder.

        The primary's is the cluster's own, as Aurora's storage is: another writer finds it again.
        """
        return self.volume if self.primary is None else f"{self.volume}-{self.instance}"


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """What a cluster's primary holds besides the app's own things."""

    database: str | None
    master_user: str
    master_password: str = field(repr=False)


def wanted_servers(
    clusters: Sequence[JsonObject],
    instances: Sequence[JsonObject],
    *,
    require_tls: Mapping[str, bool],
) -> list[Server]:
    """The daemons for RDS's descriptions, each cluster's primary before its replicas.

    The primary also answers at the writer endpoint; the oldest reader, or the primary where there
    is none, at the reader endpoint. `require_tls` is by cluster parameter group, default yes.
    """
    known = {str(instance["DBInstanceIdentifier"]): instance for instance in instances}
    servers: list[Server] = []
    for cluster in clusters:
        members = [m for m in cluster["DBClusterMembers"] if m["DBInstanceIdentifier"] in known]
        writers = [m["DBInstanceIdentifier"] for m in members if m["IsClusterWriter"]]
        if not writers:
            continue
        readers = sorted(
            (known[m["DBInstanceIdentifier"]] for m in members if not m["IsClusterWriter"]),
            key=lambda reader: int(ipaddress.IPv4Address(_address(reader))),
        )
        tls = require_tls.get(str(cluster["DBClusterParameterGroup"]), True)
        servers += _cluster_servers(cluster, known[writers[0]], readers, require_tls=tls)
    return servers


def volume_of(cluster: JsonObject) -> str:
    """Name of the folder that lives as long as the cluster does."""
    return str(cluster["DbClusterResourceId"]).lower()


def _cluster_servers(
    cluster: JsonObject, writer: JsonObject, readers: Sequence[JsonObject], *, require_tls: bool
) -> list[Server]:
    primary = _address(writer)
    endpoints = {str(writer["DBInstanceIdentifier"]): [str(cluster["Endpoint"])]}
    answers_reads = readers[0] if readers else writer
    name = str(answers_reads["DBInstanceIdentifier"])
    endpoints.setdefault(name, []).append(str(cluster["ReaderEndpoint"]))
    return [
        Server(
            instance=str(instance["DBInstanceIdentifier"]),
            cluster=str(cluster["DBClusterIdentifier"]),
            volume=volume_of(cluster),
            addresses=(
                _address(instance),
                *endpoints.get(str(instance["DBInstanceIdentifier"]), ()),
            ),
            primary=None if instance is writer else primary,
            require_tls=require_tls,
        )
        for instance in (writer, *readers)
    ]


def _address(instance: JsonObject) -> str:
    return str(instance["Endpoint"]["Address"])
