"""What the API's pods read from files: connection URLs, keys for tokens, a release's own keys."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random

from components._place import Place, name_of
from components._pod import SecretFiles

DATABASE_SECRET = "db-secret"  # noqa: S105  # a name, the scaling guide's
DATABASE_KEYS = {
    "DATABASE_URL": "url",
    "DATABASE_WRITE_URL": "writeUrl",
    "DATABASE_READ_REPLICA_URL": "readReplicaUrl",
}
CACHE_KEYS = {"REDIS_URL": "url"}
API_KEYS = {"JWT_KEYS": "tokens", "RELEASE_KEYS": "release"}
APP_KEYS: Sequence[Mapping[str, str]] = (DATABASE_KEYS, CACHE_KEYS, API_KEYS)
"""Keys of each Secret by the variable that is read from it."""


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """What is secret and comes from other parts."""

    write_url: pulumi.Input[str]
    read_url: pulumi.Input[str]
    redis_url: pulumi.Input[str]
    release_keys: pulumi.Input[Sequence[str]]
    """Values of the header by which a release's own requests are known; they are not limited."""


class AppSecrets(NamedTuple):
    """The Secrets, and a fingerprint of all that is in them."""

    files: Sequence[SecretFiles]
    hash: pulumi.Output[str]


def app_secrets(place: Place, args: SecretsArgs) -> AppSecrets:
    """One Secret for the database, one for the cache, one for the API's own keys."""
    signing = random.RandomPassword(
        f"{place.name}-tokens",
        length=48,
        special=False,
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
    # The name before the colon tells keys apart once there is a second one.
    tokens = pulumi.Output.concat("k1:", signing.result)
    release = pulumi.Output.from_input(args.release_keys).apply(",".join)
    database = {"url": args.write_url, "writeUrl": args.write_url, "readReplicaUrl": args.read_url}
    made = [
        _secret(place, "database", database, name=DATABASE_SECRET),
        _secret(place, "cache", {"url": args.redis_url}),
        _secret(place, "keys", {"tokens": tokens, "release": release}),
    ]
    return AppSecrets(
        files=[
            SecretFiles(name_of(secret), keys) for secret, keys in zip(made, APP_KEYS, strict=True)
        ],
        hash=fingerprint(args.write_url, args.read_url, args.redis_url, tokens, release),
    )


def fingerprint(*secrets: pulumi.Input[str]) -> pulumi.Output[str]:
    """Fingerprint of generated passwords; it tells nothing of them, so it is no secret."""
    hashed = pulumi.Output.all(*secrets).apply(
        lambda values: hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]
    )
    return pulumi.Output.unsecret(hashed)


def _secret(
    place: Place, last: str, data: Mapping[str, pulumi.Input[str]], *, name: str | None = None
) -> kubernetes.core.v1.Secret:
    metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {"namespace": place.namespace}
    if name:
        metadata["name"] = name
    return kubernetes.core.v1.Secret(
        f"{place.name}-{last}",
        metadata=metadata,
        string_data=dict(data),
        opts=place.opts(),
    )
