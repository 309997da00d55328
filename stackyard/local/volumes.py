"""A pod's volumes as folders: emptyDir, secret, configMap, projected."""

import base64
import shutil
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from stackyard.local.container_environment import ConfigError, PodFacts, field_value
from stackyard.local.kube_json import child, children
from stackyard.local.wire import JsonObject

HONOURED = ("emptyDir", "secret", "configMap", "projected", "downwardAPI")
TOKEN_SECONDS = 3600
"""How long a projected token lasts where the pod does not say."""

Fetch = Callable[[str, str], Awaitable[JsonObject | None]]
"""The Secret or ConfigMap (`secrets` or `configmaps`, name) of the pod's namespace."""
Token = Callable[[JsonObject], Awaitable[str]]
"""A service account token for a projection's `serviceAccountToken`."""
Files = dict[str, bytes]


async def make_volumes(facts: PodFacts, *, fetch: Fetch, token: Token) -> dict[str, Path]:
    """Make or renew the folder of each volume that can be one; folders by volume name.

    Raises `ConfigError` for a Secret, ConfigMap or key that is not there.
    """
    made: dict[str, Path] = {}
    for volume in children(child(facts.pod, "spec"), "volumes"):
        kind = next((name for name in HONOURED if name in volume), None)
        if kind is None:
            continue
        folder = facts.folder / "volumes" / volume["name"]
        folder.mkdir(parents=True, exist_ok=True)
        sources = children(volume[kind], "sources") if kind == "projected" else [volume]
        files: Files = {}
        for source in sources:
            files |= await _files(source, facts, fetch=fetch, token=token)
        _write(folder, files)
        made[volume["name"]] = folder
    return made


def mounts_of(container: JsonObject, volumes: dict[str, Path]) -> dict[str, Path]:
    """Folders by the mount paths of one container."""
    return {
        mount["mountPath"]: volumes[mount["name"]] / (mount.get("subPath") or "")
        for mount in children(container, "volumeMounts")
        if mount["name"] in volumes
    }


def token_seconds(pod: JsonObject) -> int | None:
    """The shortest life of a token projected into the pod; None where there is none."""
    return min(
        (
            source["serviceAccountToken"].get("expirationSeconds") or TOKEN_SECONDS
            for volume in children(child(pod, "spec"), "volumes")
            for source in children(child(volume, "projected"), "sources")
            if "serviceAccountToken" in source
        ),
        default=None,
    )


def remove_volumes(folder: Path) -> None:
    """Delete a pod's folder with all that its processes wrote."""
    shutil.rmtree(folder, ignore_errors=True)


async def _files(source: JsonObject, facts: PodFacts, *, fetch: Fetch, token: Token) -> Files:
    if "secret" in source:
        secret = source["secret"]
        return await _picked("secrets", secret, fetch)
    if "configMap" in source:
        return await _picked("configmaps", source["configMap"], fetch)
    if "serviceAccountToken" in source:
        wanted = source["serviceAccountToken"]
        return {wanted["path"]: (await token(wanted)).encode()}
    if "downwardAPI" in source:
        return {
            item["path"]: field_value(item["fieldRef"]["fieldPath"], facts).encode()
            for item in children(source["downwardAPI"], "items")
            if "fieldRef" in item
        }
    return {}


async def _picked(kind: str, source: JsonObject, fetch: Fetch) -> Files:
    name = source.get("secretName") or source.get("name") or ""
    found = await fetch(kind, name)
    if found is None:
        if source.get("optional"):
            return {}
        raise ConfigError(f'{kind.removesuffix("s")} "{name}" not found')
    content = _bytes_of(kind, found)
    items = children(source, "items")
    if not items:
        return content
    missing = [item["key"] for item in items if item["key"] not in content]
    if missing and not source.get("optional"):
        raise ConfigError(f"references non-existent secret key: {', '.join(missing)}")
    return {item["path"]: content[item["key"]] for item in items if item["key"] in content}


def _bytes_of(kind: str, found: JsonObject) -> Files:
    if kind == "secrets":
        return {key: base64.b64decode(text) for key, text in child(found, "data").items()}
    return {
        **{key: str(text).encode() for key, text in child(found, "data").items()},
        **{key: base64.b64decode(text) for key, text in child(found, "binaryData").items()},
    }


def _write(folder: Path, files: Files) -> None:
    for path in _inside(folder, files):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.new")
        temporary.touch(mode=0o600)
        temporary.write_bytes(files[path])
        # A reader sees the old content or the new, never half of one.
        temporary.replace(target)


def _inside(folder: Path, paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        if not (folder / path).resolve().is_relative_to(folder.resolve()):
            raise ConfigError(f"volume path {path!r} leads out of its volume")
        yield path
