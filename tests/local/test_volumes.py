"""A pod's volumes are folders of its own, filled from Secrets, ConfigMaps and tokens."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stackyard.local.container_environment import ConfigError, PodFacts
from stackyard.local.volumes import make_volumes, mounts_of, token_seconds

OBJECTS = {
    ("secrets", "db"): {"data": {"url": "bXlzcWw="}},
    ("configmaps", "flags"): {"data": {"a": "1", "b": "2"}, "binaryData": {"c": "AAE="}},
}


def made(folder: Path, *volumes: dict[str, Any]) -> dict[str, Path]:
    pod = {"metadata": {"name": "api-1"}, "spec": {"volumes": list(volumes)}}
    facts = PodFacts(pod=pod, address="127.10.16.1", host_address="127.10.0.1", folder=folder)

    async def fetch(kind: str, name: str) -> dict[str, Any] | None:
        return OBJECTS.get((kind, name))

    async def token(wanted: dict[str, Any]) -> str:
        return f"token for {wanted['audience']}"

    return asyncio.run(make_volumes(facts, fetch=fetch, token=token))


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_empty_dir_is_an_empty_folder(tmp_path: Path) -> None:
    found = made(tmp_path, {"name": "tmp", "emptyDir": {}})

    assert list(found["tmp"].iterdir()) == []


def test_a_secret_is_files_that_only_their_owner_reads(tmp_path: Path) -> None:
    found = made(tmp_path, {"name": "db", "secret": {"secretName": "db"}})["db"]

    assert files(found) == {"url": b"mysql"}
    assert (found / "url").stat().st_mode & 0o777 == 0o600


def test_items_pick_keys_and_their_paths(tmp_path: Path) -> None:
    items = [{"key": "a", "path": "deep/a"}, {"key": "c", "path": "c"}]

    found = made(tmp_path, {"name": "f", "configMap": {"name": "flags", "items": items}})

    assert files(found["f"]) == {"deep/a": b"1", "c": b"\x00\x01"}


def test_a_projected_volume_holds_all_its_sources(tmp_path: Path) -> None:
    sources = [
        {"secret": {"name": "db"}},
        {"serviceAccountToken": {"path": "token", "audience": "sts"}},
        {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}},
    ]

    found = made(tmp_path, {"name": "all", "projected": {"sources": sources}})

    assert files(found["all"]) == {"url": b"mysql", "token": b"token for sts", "name": b"api-1"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"secret": {"secretName": "none"}}, 'secret "none" not found'),
        ({"configMap": {"name": "none"}}, 'configmap "none" not found'),
        (
            {"secret": {"secretName": "db", "items": [{"key": "x", "path": "x"}]}},
            "non-existent secret key: x",
        ),
        (
            {"secret": {"secretName": "db", "items": [{"key": "url", "path": "../../out"}]}},
            "leads out of its volume",
        ),
    ],
)
def test_what_cannot_be_mounted_is_told(
    tmp_path: Path, source: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        made(tmp_path, {"name": "v", **source})


def test_an_optional_secret_that_is_missing_mounts_nothing(tmp_path: Path) -> None:
    source = {"secretName": "none", "optional": True}

    assert files(made(tmp_path, {"name": "v", "secret": source})["v"]) == {}


def test_mounts_are_those_of_volumes_that_are_folders() -> None:
    container = {
        "volumeMounts": [
            {"name": "data", "mountPath": "/data", "subPath": "part"},
            {"name": "disk", "mountPath": "/disk"},
        ]
    }

    assert mounts_of(container, {"data": Path("/v/data")}) == {"/data": Path("/v/data/part")}


def test_the_shortest_token_tells_when_to_renew() -> None:
    sources = [{"serviceAccountToken": {"path": "a", "expirationSeconds": s}} for s in (900, 600)]
    volumes = [{"name": "v", "projected": {"sources": sources}}]

    assert token_seconds({"spec": {"volumes": volumes}}) == 600
    assert token_seconds({"spec": {}}) is None
