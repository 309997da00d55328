"""The node's TLS port: logs, metrics.k8s.io and webhooks; a client certificate is asked for."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from aiohttp import web

from stackyard.local.certificates import issue
from stackyard.local.cluster_setup import METRICS_HOST
from stackyard.local.kube_client import KubeClient
from stackyard.local.layout import KUBELET_PORT, Layout
from stackyard.local.metrics_api import (
    GROUP_VERSION,
    PodUse,
    node_metrics,
    one_pod,
    pod_metrics,
    resources,
)
from stackyard.local.node_inputs import NodeInputs
from stackyard.local.pod_identity import CredentialsEndpoint
from stackyard.local.pod_logs import find_log, follow, pod_log_folder, tail
from stackyard.local.secrets import Secrets
from stackyard.local.webhooks import IdentityVariables, Webhooks
from stackyard.local.wire import JsonObject

_METRICS = f"/apis/{GROUP_VERSION}"


class Watched(Protocol):
    """The pods that the API tells of."""

    def uses(self) -> Sequence[PodUse]:
        """What each running pod uses, as far as it was sampled."""
        ...

    def is_running(self, namespace: str, pod: str, container: str) -> bool:
        """Whether a container's process runs."""
        ...


def server_context(layout: Layout) -> ssl.SSLContext:
    """TLS with the node's certificate, for clients that show one of the slot's CA."""
    pair = issue(layout, "kubelet", addresses=[layout.control, METRICS_HOST])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(layout.certificate_authority)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class KubeletApi:
    """Serves while it is entered as `async with`."""

    def __init__(
        self,
        layout: Layout,
        secrets: Secrets,
        kube: KubeClient,
        inputs: NodeInputs,
        watched: Watched,
    ) -> None:
        self._layout = layout
        self._credentials = CredentialsEndpoint(layout, secrets, kube, inputs.associations)
        self._webhooks = Webhooks(
            kube,
            inputs.associations,
            IdentityVariables.of(
                layout.control, region=inputs.region, aws_endpoint=layout.aws_endpoint
            ),
        )
        self._pods = watched.uses
        self._is_running = watched.is_running
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        context = server_context(self._layout)
        site = web.TCPSite(self._runner, self._layout.control, KUBELET_PORT, ssl_context=context)
        try:
            await site.start()
            await self._credentials.start()
        except OSError:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    def application(self) -> web.Application:
        """All routes."""
        app = web.Application()
        app.router.add_get("/healthz", _healthz)
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._logs)
        app.router.add_get(_METRICS, _metrics_resources)
        app.router.add_get(f"{_METRICS}/nodes", self._all_nodes)
        app.router.add_get(f"{_METRICS}/nodes/{{name}}", self._one_node)
        app.router.add_get(f"{_METRICS}/pods", self._all_pods)
        app.router.add_get(f"{_METRICS}/namespaces/{{namespace}}/pods", self._all_pods)
        app.router.add_get(f"{_METRICS}/namespaces/{{namespace}}/pods/{{name}}", self._one_pod)
        app.router.add_post("/webhooks/readiness-gates", _review(self._webhooks.readiness_gates))
        app.router.add_post("/webhooks/pod-identity", _review(self._webhooks.pod_identity))
        for verb in ("exec", "attach", "portForward", "run"):
            app.router.add_route("*", f"/{verb}/{{rest:.*}}", _not_offered)
        return app

    async def _stop(self) -> None:
        await self._credentials.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        namespace, pod = request.match_info["namespace"], request.match_info["pod"]
        container = request.match_info["container"]
        folder = pod_log_folder(self._layout.logs, namespace, pod)
        previous = request.query.get("previous") == "true"
        log = find_log(folder, container, previous=previous) if _is_plain(request) else None
        if log is None:
            which = "previous terminated container" if previous else "container"
            return web.Response(status=404, text=f'{which} "{container}" in pod "{pod}" not found')
        lines, limit = request.query.get("tailLines"), request.query.get("limitBytes")
        try:
            text = tail(
                log,
                lines=int(lines) if lines else None,
                limit_bytes=int(limit) if limit else None,
            )
        except ValueError:
            return web.Response(status=400, text="tailLines and limitBytes are whole numbers")
        if request.query.get("follow") != "true":
            return web.Response(body=text, content_type="text/plain")
        offset = log.stat().st_size  # one stat of a local file
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        await response.write(text)
        running = partial(self._is_running, namespace, pod, container)
        async for chunk in follow(log, offset=offset, is_running=running):
            await response.write(chunk)
        return response

    async def _all_pods(self, request: web.Request) -> web.Response:
        selector = request.query.get("labelSelector", "")
        namespace = request.match_info.get("namespace")
        try:
            found = pod_metrics(self._pods(), namespace=namespace, selector=selector)
        except ValueError as error:
            return web.json_response(_status(400, str(error)), status=400)
        return web.json_response(found)

    async def _one_pod(self, request: web.Request) -> web.Response:
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        found = one_pod(self._pods(), namespace, name)
        return _or_not_found(found, f'podmetrics "{name}" not found')

    async def _all_nodes(self, _: web.Request) -> web.Response:
        return web.json_response(node_metrics(self._pods()))

    async def _one_node(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        items: list[JsonObject] = node_metrics(self._pods())["items"]
        found = next((node for node in items if node["metadata"]["name"] == name), None)
        return _or_not_found(found, f'nodemetrics "{name}" not found')


def _is_plain(request: web.Request) -> bool:
    """Whether the names are names: no path leads out of the folder of logs."""
    return not any("/" in name or ".." in name for name in request.match_info.values())


def _status(code: int, message: str) -> JsonObject:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": "NotFound" if code == 404 else "BadRequest",
        "code": code,
    }


def _or_not_found(found: JsonObject | None, message: str) -> web.Response:
    if found is None:
        return web.json_response(_status(404, message), status=404)
    return web.json_response(found)


def _review(
    answer: Callable[[JsonObject], Awaitable[JsonObject]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(await answer(await request.json()))

    return handle


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _metrics_resources(_: web.Request) -> web.Response:
    return web.json_response(resources())


async def _not_offered(request: web.Request) -> web.Response:
    verb = request.path.split("/")[1]
    return web.Response(status=501, text=f"the node offers no {verb}; pods are local processes\n")
