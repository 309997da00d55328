"""The client of the Kubernetes API, against a real API server."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.local.certificates import issue
from stackyard.local.kube_client import KubeClient, KubeError, WatchEvent
from stackyard.local.layout import Layout
from stackyard.local.secrets import make_secrets
from stackyard.local.wire import JsonObject
from tests.local.plane import CONFIG_MAPS, Running, named, new_name, running_plane


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_plane(tmp_path_factory.mktemp("plane")) as plane:
        yield plane


@pytest.mark.local
def test_a_watch_tells_what_is_there_and_every_change(running: Running):
    name = new_name()
    body = {**named("ConfigMap"), "metadata": {"name": name}}
    seen: list[WatchEvent] = []

    async def watch(until: str) -> None:
        asked = {"fieldSelector": f"metadata.name={name}"}
        async for event in running.plane.kube.watch(CONFIG_MAPS, asked):
            seen.append(event)
            if event.type == "ADDED":
                change = {"data": {"a": "1"}}
                patch = "application/merge-patch+json"
                await running.plane.kube.request("PATCH", f"{CONFIG_MAPS}/{name}", change, patch)
            if event.type == "MODIFIED":
                await running.plane.kube.request("DELETE", f"{CONFIG_MAPS}/{name}")
            if event.type == until:
                return

    running.request("POST", CONFIG_MAPS, body)
    running.loop.run(watch("DELETED"))

    assert [(event.type, event.object.get("data")) for event in seen] == [
        ("ADDED", None),
        ("MODIFIED", {"a": "1"}),
        ("DELETED", {"a": "1"}),
    ]


@pytest.mark.local
def test_a_watch_outlives_the_api_server_and_tells_what_went_missing(running: Running):
    api = next(each for each in running.plane.processes if each.name == "kube-apiserver")
    names = [new_name() for _ in range(2)]
    labels = {"test": names[0]}
    for name in names:
        running.request(
            "POST",
            CONFIG_MAPS,
            {**named("ConfigMap"), "metadata": {"name": name, "labels": labels}},
        )
    seen: list[tuple[str, str]] = []

    async def watch() -> None:
        async with KubeClient.of(running.layout, make_secrets(running.layout)) as kube:
            async for event in kube.watch(CONFIG_MAPS, {"labelSelector": f"test={names[0]}"}):
                seen.append((event.type, event.object["metadata"]["name"]))
                if len(seen) == 2:
                    assert api.pid is not None
                    os.kill(api.pid, signal.SIGKILL)
                    await api.wait_ready(60)
                    await kube.request("DELETE", f"{CONFIG_MAPS}/{names[0]}")
                if len(seen) == 3:
                    return

    running.loop.run(watch())

    assert sorted(seen[:2]) == [("ADDED", names[0]), ("ADDED", names[1])]
    assert seen[2] == ("DELETED", names[0])
    assert ("kube-apiserver", "started again") in running.changes


@pytest.mark.local
def test_a_watch_of_a_kind_that_is_not_there_yet_begins_when_it_is(running: Running):
    crd: JsonObject = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.test.local"},
        "spec": {
            "group": "test.local",
            "scope": "Cluster",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    path = "/apis/test.local/v1/things"

    async def first() -> WatchEvent:
        events = running.plane.kube.watch(path)
        try:
            return await anext(events)
        finally:
            await events.aclose()

    async def scene() -> WatchEvent:
        waiting = asyncio.create_task(first())
        kube = running.plane.kube
        assert (await kube.request("GET", path))[0] == 404
        await kube.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        body = {**named("Thing", "test.local/v1"), "metadata": {"name": "first"}}
        async with asyncio.timeout(30):
            while (await kube.request("POST", path, body))[0] != 201:  # noqa: ASYNC110  # the API server takes a moment
                await asyncio.sleep(0.1)
            return await waiting

    event = running.loop.run(scene())

    assert (event.type, event.object["metadata"]["name"]) == ("ADDED", "first")


@pytest.mark.local
def test_items_of_a_list_say_their_kind(running: Running):
    namespaces = running.loop.run(running.plane.kube.list("/api/v1/namespaces"))

    assert {(item["apiVersion"], item["kind"]) for item in namespaces.items} == {
        ("v1", "Namespace")
    }
    assert int(namespaces.resource_version) > 0


@pytest.mark.local
def test_a_watch_without_permission_says_so(running: Running):
    async def scene() -> None:
        kube = KubeClient(
            running.layout.kube_endpoint, "guess", running.layout.certificate_authority
        )
        async with kube:
            async for _ in kube.watch(CONFIG_MAPS):
                pass

    with pytest.raises(KubeError, match="Unauthorized") as caught:
        running.loop.run(scene())

    assert caught.value.status == 401


def test_a_server_that_is_not_there_is_named(tmp_path: Path):
    layout = Layout(root=tmp_path, slot=108)
    issue(layout, "any", addresses=[])

    async def scene() -> None:
        async with KubeClient.of(layout, make_secrets(layout)) as kube:
            await kube.request("GET", "/version")

    with pytest.raises(KubeError, match=r"GET https://127\.118\.0\.1:6443/version: no answer"):
        asyncio.run(scene())
