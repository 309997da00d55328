"""ElastiCache replication groups held by the embedded AWS become Redis: TLS only, users by ACL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.aws.store import Store
from stackyard.local.cache_plan import ADMIN_USER, CacheServer, acl_file, wanted_caches
from stackyard.local.certificates import KeyPair, issue
from stackyard.local.changes import ChangeCounter, after_each_change
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.layout import REDIS_PORT, Layout
from stackyard.local.processes import OnChange, Process, environment_of
from stackyard.local.secrets import Secrets, write_private

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
PARAMETER_GROUP = "aws:elasticache/parameterGroup:ParameterGroup"
USER = "aws:elasticache/user:User"
USER_GROUP = "aws:elasticache/userGroup:UserGroup"

MEMORY = "64mb"
START_SECONDS = 15.0
STOP_SECONDS = 5.0
ANSWER_SECONDS = 5.0


@dataclass(kw_only=True)
class _Running:
    server: CacheServer
    process: Process


class CacheServers:
    """The Redis daemons of a slot, brought in line with what is wanted."""

    def __init__(self, layout: Layout, secrets: Secrets, on_change: OnChange | None = None) -> None:
        self._layout = layout
        self._secrets = secrets
        self._on_change = on_change
        self._running: dict[str, _Running] = {}

    async def apply(self, servers: Sequence[CacheServer]) -> None:
        """Stop what is not wanted, start what is missing, tell the rest what changed.

        Users and the eviction policy change without a restart; addresses need one.
        """
        wanted = {server.group: server for server in servers}
        for group, have in list(self._running.items()):
            if group not in wanted or have.server.addresses != wanted[group].addresses:
                del self._running[group]
                await have.process.stop(STOP_SECONDS)
        for server in servers:
            if server.group not in self._running:
                await self._start(server)
            elif self._running[server.group].server != server:
                await self._change(self._running[server.group], server)

    async def stop(self) -> None:
        """Stop every daemon; what they held is gone, as no snapshot is kept."""
        await self.apply([])

    async def _start(self, server: CacheServer) -> None:
        layout = self._layout
        layout.run.mkdir(parents=True, exist_ok=True)
        name = f"cache-{server.number}"
        tls = await asyncio.to_thread(issue, layout, name, addresses=server.addresses)
        self._write_users(server)
        process = Process(
            name=f"cache {server.group}",
            argv=command(layout, server, tls),
            environment=environment_of(layout),
            log=layout.logs / f"cache-{server.group}.log",
            ready=lambda: self._answers(server),
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
        self._running[server.group] = _Running(server=server, process=process)

    async def _change(self, running: _Running, server: CacheServer) -> None:
        self._write_users(server)
        await self._tell(server, ["ACL", "LOAD"])
        await self._tell(server, ["CONFIG", "SET", "maxmemory-policy", server.eviction_policy])
        running.process.argv = command_with_policy(running.process.argv, server.eviction_policy)
        running.server = server

    def _write_users(self, server: CacheServer) -> None:
        text = acl_file(server, self._secrets.redis_admin_password)
        write_private(users_path(self._layout, server), text)

    async def _answers(self, server: CacheServer) -> bool:
        return await self._tell(server, ["PING"]) == "+PONG"

    async def _tell(self, server: CacheServer, words: Sequence[str]) -> str:
        """One command as the administrator over the Unix socket; the first line of its answer."""
        async with asyncio.timeout(ANSWER_SECONDS):
            path = str(socket_path(self._layout, server))
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                password = self._secrets.redis_admin_password
                for command_words in (["AUTH", ADMIN_USER, password], words):
                    writer.write(_encoded(command_words))
                    answer = (await reader.readline()).decode().rstrip()
                    if answer.startswith("-"):
                        raise StackyardError(
                            f"cache {server.group}: {command_words[0]} was refused: {answer[1:]}"
                        )
                return answer
            finally:
                writer.close()


def users_path(layout: Layout, server: CacheServer) -> Path:
    """The server's ACL file."""
    return layout.secrets / f"cache-{server.number}.acl"


def socket_path(layout: Layout, server: CacheServer) -> Path:
    """The server's Unix socket; short, as sockets' paths must be."""
    return layout.run / f"cache-{server.number}.sock"


def command(layout: Layout, server: CacheServer, tls: KeyPair) -> list[str]:
    """The daemon's words: no plain port, no snapshot, users from the ACL file."""
    return [
        "redis-server",
        *("--bind", *server.addresses),
        *("--port", "0"),
        *("--tls-port", str(REDIS_PORT)),
        *("--tls-cert-file", str(tls.certificate)),
        *("--tls-key-file", str(tls.key)),
        *("--tls-ca-cert-file", str(layout.certificate_authority)),
        *("--tls-auth-clients", "no"),
        *("--tls-protocols", "TLSv1.2 TLSv1.3"),
        *("--unixsocket", str(socket_path(layout, server))),
        *("--unixsocketperm", "700"),
        *("--aclfile", str(users_path(layout, server))),
        *("--dir", str(layout.run)),
        # Its own title would overwrite the environment, in which a sweep looks for our mark.
        *("--set-proc-title", "no"),
        *("--save", ""),
        *("--maxmemory", MEMORY),
        *("--maxmemory-policy", server.eviction_policy),
    ]


def command_with_policy(argv: Sequence[str | Path], policy: str) -> list[str | Path]:
    """The same words with another eviction policy, for a restart after a crash."""
    words = list(argv)
    words[words.index("--maxmemory-policy") + 1] = policy
    return words


class CacheReconciler:
    """Follows ElastiCache in the embedded AWS."""

    def __init__(
        self, layout: Layout, secrets: Secrets, *, on_change: OnChange | None = None
    ) -> None:
        """`on_change` is told of every daemon, see `Process.on_change`."""
        self.ready = asyncio.Event()
        """Set once what there is has its servers."""
        self._layout = layout
        self._secrets = secrets
        self._servers = CacheServers(layout, secrets, on_change)

    async def run(self) -> None:
        """Reconcile after every change, until cancelled; the daemons end with it."""
        try:
            await after_each_change(
                ChangeCounter(self._layout, self._secrets), self._reconcile, name="caches"
            )
        finally:
            await self._servers.stop()

    async def _reconcile(self) -> None:
        await self._servers.apply(await asyncio.to_thread(self._wanted))
        self.ready.set()

    def _wanted(self) -> list[CacheServer]:
        aws = embedded_aws(self._layout, self._secrets)
        groups = aws.every("elasticache", "describe_replication_groups", "ReplicationGroups[]")
        if not groups:
            return []
        store = Store.of(aws)
        names = [str(group["ReplicationGroupId"]) for group in groups]
        return wanted_caches(
            groups,
            kept={name: store.find(GROUP, name) for name in names},
            users=store.list(USER),
            user_groups=store.list(USER_GROUP),
            parameter_groups=store.list(PARAMETER_GROUP),
        )


def _encoded(words: Sequence[str]) -> bytes:
    parts = [f"*{len(words)}\r\n", *(f"${len(w.encode())}\r\n{w}\r\n" for w in words)]
    return "".join(parts).encode()
