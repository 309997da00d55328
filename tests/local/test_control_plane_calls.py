"""What the API server calls (webhooks, the node, aggregated APIs) sees its certificates."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from stackyard.local.certificates import issue
from stackyard.local.layout import KUBELET_PORT
from stackyard.local.wire import JsonObject
from tests.local.plane import CONFIG_MAPS, Running, named, running_plane

MERGE = "application/merge-patch+json"
PODS = "/api/v1/namespaces/default/pods"
REGISTRATION = "admissionregistration.k8s.io/v1"
AGGREGATION = "apiregistration.k8s.io/v1"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_plane(tmp_path_factory.mktemp("plane")) as plane:
        yield plane


@asynccontextmanager
async def _node(running: Running) -> AsyncIterator[dict[str, str]]:
    """A server where the node's would be; yields path → common name of who called."""
    callers: dict[str, str] = {}

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        callers[request.path] = request.transport.get_extra_info("peercert")["subject"][0][0][1]
        if request.path == "/webhook":
            uid = (await request.json())["request"]["uid"]
            review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
            return web.json_response({**review, "response": {"uid": uid, "allowed": True}})
        return web.Response(text="{}")

    pair = issue(running.layout, "stand-in-node", addresses=[running.layout.control])
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(pair.certificate, pair.key)
    offered.load_verify_locations(running.layout.certificate_authority)
    offered.verify_mode = ssl.CERT_REQUIRED
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    address = running.layout.control
    await web.TCPSite(runner, address, KUBELET_PORT, ssl_context=offered).start()
    try:
        yield callers
    finally:
        await runner.cleanup()


async def _make(running: Running, path: str, body: JsonObject) -> str:
    status, answer = await running.plane.kube.request("POST", path, body)
    assert status == 201, answer
    return f"{path}/{answer['metadata']['name']}"


@pytest.mark.local
def test_a_webhook_on_the_nodes_address_sees_the_kubelet_client_certificate(running: Running):
    url = f"https://{running.layout.control}:{KUBELET_PORT}/webhook"
    authority = base64.b64encode(running.layout.certificate_authority.read_bytes()).decode()
    configuration: JsonObject = {
        **named("ValidatingWebhookConfiguration", REGISTRATION),
        "webhooks": [
            {
                "name": "webhook.test.local",
                "clientConfig": {"url": url, "caBundle": authority},
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["configmaps"],
                    }
                ],
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
            }
        ],
    }

    async def scene() -> dict[str, str]:
        async with _node(running) as callers:
            path = f"/apis/{REGISTRATION}/validatingwebhookconfigurations"
            made = await _make(running, path, configuration)
            async with asyncio.timeout(30):
                while "/webhook" not in callers:
                    await _make(running, CONFIG_MAPS, named("ConfigMap"))
            await running.plane.kube.request("DELETE", made)
            return callers

    callers = running.loop.run(scene())

    assert callers == {"/webhook": "kubelet-client"}


@pytest.mark.local
def test_a_request_for_a_pods_log_reaches_the_node_with_a_client_certificate(running: Running):
    node, pod = named("Node"), named("Pod")
    name = node["metadata"]["name"]
    status = {
        "addresses": [{"type": "InternalIP", "address": running.layout.control}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
    }
    containers = [{"name": "app", "image": "stackyard.local/none"}]

    async def scene() -> dict[str, str]:
        kube = running.plane.kube
        async with _node(running) as callers:
            made = await _make(running, "/api/v1/nodes", node)
            await kube.request("PATCH", f"{made}/status", {"status": status}, MERGE)
            spec = {"nodeName": name, "containers": containers}
            made = await _make(running, PODS, {**pod, "spec": spec})
            assert await kube.text(f"{made}/log") == (200, "{}")
            return callers

    callers = running.loop.run(scene())

    assert callers == {f"/containerLogs/default/{pod['metadata']['name']}/app": "kubelet-client"}


@pytest.mark.local
def test_an_aggregated_api_sees_the_aggregators_certificate(running: Running):
    service = named("Service")
    external = {"type": "ExternalName", "externalName": running.layout.control}
    names = {"namespace": "default", "name": service["metadata"]["name"], "port": KUBELET_PORT}
    api: JsonObject = {
        "apiVersion": AGGREGATION,
        "kind": "APIService",
        "metadata": {"name": "v1.test.local"},
        "spec": {
            "group": "test.local",
            "version": "v1",
            "service": names,
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }
    path = "/apis/test.local/v1/things"

    async def scene() -> dict[str, str]:
        async with _node(running) as callers:
            await _make(
                running, "/api/v1/namespaces/default/services", {**service, "spec": external}
            )
            made = await _make(running, f"/apis/{AGGREGATION}/apiservices", api)
            async with asyncio.timeout(60):
                while (await running.plane.kube.text(path))[0] != 200:  # noqa: ASYNC110  # polled
                    await asyncio.sleep(0.1)
            await running.plane.kube.request("DELETE", made)
            return callers

    callers = running.loop.run(scene())

    assert callers[path] == "aggregator"
