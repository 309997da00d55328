"""RDS clusters held by the embedded AWS become MariaDB: a primary, and a GTID replica a reader."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stackyard.errors import StackyardError
from stackyard.local.certificates import issue
from stackyard.local.changes import ChangeCounter, after_each_change
from stackyard.local.database_plan import Accounts, Server, volume_of, wanted_servers
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.layout import Layout
from stackyard.local.mariadb import (
    answers,
    command,
    data_root,
    execute,
    make_data_folder,
    primary_statements,
    replica_statements,
    socket_path,
)
from stackyard.local.processes import OnChange, Process, environment_of
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject

START_SECONDS = 30.0
STOP_SECONDS = 10.0


@dataclass(kw_only=True)
class _Running:
    server: Server
    process: Process
    told: Accounts | str | None = None
    """What its SQL was last run for: the accounts (primary), or the address of the primary."""


class DatabaseServers:
    """The MariaDB daemons of a slot, brought in line with what is wanted."""

    def __init__(self, layout: Layout, secrets: Secrets, on_change: OnChange | None = None) -> None:
        self._layout = layout
        self._secrets = secrets
        self._on_change = on_change
        self._running: dict[str, _Running] = {}

    async def apply(
        self,
        servers: Sequence[Server],
        accounts: Mapping[str, Accounts],
        volumes: Collection[str] = (),
    ) -> None:
        """Stop what is not wanted, or wanted otherwise; start and set up what is missing.

        `accounts` is by cluster. A server whose addresses or part change is restarted: MariaDB
        binds its addresses only at its start. Data of replicas that are gone is removed, and that
        of clusters; `volumes` names the clusters that are there, with servers or without.
        """
        wanted = {server.folder: server for server in servers}
        # First all stops: an endpoint's address may move from one server to another.
        await self._stop(
            folder for folder, have in self._running.items() if have.server != wanted.get(folder)
        )
        await asyncio.to_thread(self._remove_all_but, {*wanted, *volumes})
        missing = [server for server in servers if server.folder not in self._running]
        # All of them end before one's failure is raised: none goes on behind the next attempt.
        starts = [self._start(server) for server in missing]
        for outcome in await asyncio.gather(*starts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        for server in servers:
            await self._set_up(self._running[server.folder], accounts)

    async def stop(self) -> None:
        """Stop every daemon; the data stays."""
        await self._stop(list(self._running))

    async def _stop(self, folders: Iterable[str]) -> None:
        stopping = [self._running.pop(folder) for folder in list(folders)]
        # Replicas before their primary, so that none logs a lost connection.
        for part in (True, False):
            chosen = [one for one in stopping if (one.server.primary is not None) is part]
            await asyncio.gather(*(one.process.stop(STOP_SECONDS) for one in chosen))

    async def _start(self, server: Server) -> None:
        layout = self._layout
        layout.run.mkdir(parents=True, exist_ok=True)
        folder = await asyncio.to_thread(make_data_folder, layout, server)
        name = f"database-{server.number}"
        tls = await asyncio.to_thread(issue, layout, name, addresses=server.addresses)
        socket = socket_path(layout, server)

        async def ready() -> bool:
            return await answers(socket)

        process = Process(
            name=f"database {server.instance}",
            argv=command(layout, server, folder, tls),
            environment=environment_of(layout),
            log=layout.logs / f"database-{server.instance}.log",
            ready=ready,
        )
        await process.start()
        try:
            await process.wait_ready(START_SECONDS)
        except BaseException:
            await process.stop(STOP_SECONDS)
            raise
        # Only now: words that it refuses would be refused at every start.
        process.restarts = True
        process.on_change = self._on_change
        self._running[server.folder] = _Running(server=server, process=process)

    async def _set_up(self, running: _Running, accounts: Mapping[str, Accounts]) -> None:
        server = running.server
        target = server.primary if server.primary is not None else accounts[server.cluster]
        if running.told == target:
            return
        password = self._secrets.replication_password
        if isinstance(target, Accounts):
            statements = primary_statements(target, password)
        else:
            statements = replica_statements(self._layout, target, password)
        await execute(socket_path(self._layout, server), statements)
        running.told = target

    def _remove_all_but(self, folders: Collection[str]) -> None:
        root = data_root(self._layout)
        for entry in root.iterdir() if root.exists() else ():
            if entry.name not in folders:
                shutil.rmtree(entry)


class DatabaseReconciler:
    """Follows RDS in the embedded AWS."""

    def __init__(
        self, layout: Layout, secrets: Secrets, *, on_change: OnChange | None = None
    ) -> None:
        """`on_change` is told of every daemon, see `Process.on_change`."""
        self.ready = asyncio.Event()
        """Set once what there is has its servers."""
        self._layout = layout
        self._secrets = secrets
        self._servers = DatabaseServers(layout, secrets, on_change)

    async def run(self) -> None:
        """Reconcile after every change, until cancelled; the daemons end with it."""
        try:
            await after_each_change(
                ChangeCounter(self._layout, self._secrets), self._reconcile, name="databases"
            )
        finally:
            await self._servers.stop()

    async def _reconcile(self) -> None:
        servers, accounts, volumes = await asyncio.to_thread(self._wanted)
        await self._servers.apply(servers, accounts, volumes)
        self.ready.set()

    def _wanted(self) -> tuple[list[Server], dict[str, Accounts], set[str]]:
        aws = embedded_aws(self._layout, self._secrets)
        clusters = aws.every("rds", "describe_db_clusters", "DBClusters[]")
        instances = aws.every("rds", "describe_db_instances", "DBInstances[]") if clusters else []
        groups = {str(cluster["DBClusterParameterGroup"]) for cluster in clusters}
        servers = wanted_servers(
            clusters,
            instances,
            require_tls={group: self._requires_tls(group) for group in groups},
        )
        used = {server.cluster for server in servers}
        accounts = {
            str(cluster["DBClusterIdentifier"]): self._accounts(cluster)
            for cluster in clusters
            if cluster["DBClusterIdentifier"] in used
        }
        return servers, accounts, {volume_of(cluster) for cluster in clusters}

    def _requires_tls(self, group: str) -> bool:
        """What the parameter group says; yes where it says nothing, which is the safe side."""
        # The groups that AWS itself keeps cannot be changed, and moto does not list them.
        if group.startswith("default"):
            return True
        parameters = embedded_aws(self._layout, self._secrets).every(
            "rds",
            "describe_db_cluster_parameters",
            "Parameters[?ParameterName=='require_secure_transport'].ParameterValue",
            DBClusterParameterGroupName=group,
        )
        return parameters[-1].upper() in {"ON", "1"} if parameters else True

    def _accounts(self, cluster: JsonObject) -> Accounts:
        name = cluster["DBClusterIdentifier"]
        if "MasterUserSecret" not in cluster:
            raise StackyardError(
                f"database cluster {name} has no managed master secret, so its password is known"
                " to nobody; set manage_master_user_password"
            )
        arn = cluster["MasterUserSecret"]["SecretArn"]
        aws = embedded_aws(self._layout, self._secrets)
        answer = aws.call("secretsmanager", "get_secret_value", SecretId=arn)
        secret: dict[str, str] = json.loads(answer["SecretString"])
        return Accounts(
            database=cluster.get("DatabaseName"),
            master_user=secret["username"],
            master_password=secret["password"],
        )
