"""Which Redis daemons the ElastiCache replication groups ask for, and who may log in; pure."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackyard.local.wire import JsonObject

ADMIN_USER = "stackyard"
DEFAULT_POLICY = "volatile-lru"
"""ElastiCache's own maxmemory-policy ("Valkey and Redis OSS parameters")."""


@dataclass(frozen=True, kw_only=True)
class CacheUser:
    """One user as a line of Redis' ACL file says it; passwords only as their hashes."""

    name: str
    rules: str
    password_hashes: tuple[str, ...]
    no_password: bool = False

    @property
    def line(self) -> str:
        """The line of the ACL file."""
        secrets = ["nopass"] if self.no_password else [f"#{h}" for h in self.password_hashes]
        return " ".join(["user", self.name, *secrets, self.rules])


@dataclass(frozen=True, kw_only=True)
class CacheServer:
    """One Redis daemon as it should run."""

    group: str
    addresses: tuple[str, ...]
    """Primary endpoint, then reader endpoint."""
    eviction_policy: str = DEFAULT_POLICY
    users: tuple[CacheUser, ...] = ()

    @property
    def number(self) -> int:
        """Differs within a slot; in the names of its files."""
        return int(ipaddress.IPv4Address(self.addresses[0])) & 0xFFFF


def wanted_caches(
    groups: Sequence[JsonObject],
    *,
    kept: Mapping[str, JsonObject],
    users: Sequence[JsonObject],
    user_groups: Sequence[JsonObject],
    parameter_groups: Sequence[JsonObject],
) -> list[CacheServer]:
    """The daemons for ElastiCache's descriptions and for what is kept beside them.

    `kept` holds the replication groups' properties by id, since the description loses the
    parameter group. A group that is being deleted stays in the descriptions: it has no daemon.
    """
    by_id = {str(user["userId"]): user for user in users}
    members = {str(g["userGroupId"]): list(map(str, g.get("userIds") or [])) for g in user_groups}
    policies = {str(group["name"]): eviction_policy(group) for group in parameter_groups}
    servers: list[CacheServer] = []
    for group in groups:
        if group["Status"] == "deleting":
            continue
        name = str(group["ReplicationGroupId"])
        properties = kept.get(name, {})
        user_group_ids: list[str] = (
            group.get("UserGroupIds") or properties.get("userGroupIds") or []
        )
        user_ids = dict.fromkeys(u for g in user_group_ids for u in members.get(str(g), ()))
        servers.append(
            CacheServer(
                group=name,
                addresses=_addresses(group),
                eviction_policy=policies.get(
                    str(properties.get("parameterGroupName")), DEFAULT_POLICY
                ),
                users=tuple(cache_user(by_id[u]) for u in user_ids if u in by_id),
            )
        )
    return servers


def cache_user(user: JsonObject) -> CacheUser:
    """The user that an `aws:elasticache/user:User` describes."""
    mode: JsonObject = user.get("authenticationMode") or {}
    passwords: list[str] = user.get("passwords") or mode.get("passwords") or []
    return CacheUser(
        name=str(user["userName"]),
        rules=str(user["accessString"]),
        password_hashes=tuple(sha256(password) for password in passwords),
        no_password=bool(user.get("noPasswordRequired"))
        or mode.get("type") == "no-password-required",
    )


def eviction_policy(parameter_group: JsonObject) -> str:
    """The maxmemory-policy that a parameter group sets, else ElastiCache's default."""
    parameters: list[JsonObject] = parameter_group.get("parameters") or []
    said = [str(p["value"]) for p in parameters if p.get("name") == "maxmemory-policy"]
    return said[-1] if said else DEFAULT_POLICY


def acl_file(server: CacheServer, admin_password: str) -> str:
    """The whole ACL file: the default user is off unless the user group has one of that name."""
    lines = [user.line for user in server.users]
    if not any(user.name == "default" for user in server.users):
        lines.insert(0, "user default off")
    lines.append(f"user {ADMIN_USER} on #{sha256(admin_password)} ~* &* +@all")
    return "\n".join(lines) + "\n"


def sha256(password: str) -> str:
    """The form in which Redis' ACL files hold a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def _addresses(group: JsonObject) -> tuple[str, ...]:
    node_group: JsonObject = group["NodeGroups"][0]
    endpoints = [node_group.get("PrimaryEndpoint"), node_group.get("ReaderEndpoint")]
    return tuple(dict.fromkeys(str(e["Address"]) for e in endpoints if e))
