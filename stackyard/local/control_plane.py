"""The Kubernetes control plane of one slot: etcd and the three real servers, as child processes."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import aiohttp

from stackyard.local.binaries import Tools
from stackyard.local.control_plane_files import AGGREGATOR, ControlPlaneFiles, write_files
from stackyard.local.kube_client import KubeClient
from stackyard.local.layout import (
    ETCD_PEER_PORT,
    ETCD_PORT,
    KUBE_API_PORT,
    Layout,
)
from stackyard.local.packages import executable
from stackyard.local.processes import OnChange, Process, environment_of
from stackyard.local.secrets import Secrets

READY_SECONDS = 60.0
SERVICE_ADDRESSES = "10.96.0.0/16"
_ADVERTISED = "192.0.2.1"
"""Must not be loopback and is used by nobody here: an address kept for documentation."""

CONTROLLERS_OFF = ("endpoints", "endpointslice", "endpointslice-mirroring")
"""They would log an error a pod: an EndpointSlice refuses loopback addresses."""
HPA_FLAGS = {
    "horizontal-pod-autoscaler-sync-period": "5s",
    "horizontal-pod-autoscaler-downscale-stabilization": "15s",
    "horizontal-pod-autoscaler-cpu-initialization-period": "10s",
    "horizontal-pod-autoscaler-initial-readiness-delay": "5s",
}
"""Kubernetes waits 15 s, 5 min, 5 min and 30 s: too long to look on."""


def etcd_argv(layout: Layout, files: ControlPlaneFiles, etcd: Path) -> list[str]:
    """One etcd member; nothing is synced to disk: the state is as throw-away as the stack."""
    client = f"https://{layout.control}:{ETCD_PORT}"
    peer = f"https://{layout.control}:{ETCD_PEER_PORT}"
    pair = {"cert-file": files.etcd.certificate, "key-file": files.etcd.key}
    return _argv(
        etcd,
        {
            "name": "stackyard",
            "data-dir": layout.data / "etcd",
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"stackyard={peer}",
            **pair,
            **{f"peer-{flag}": value for flag, value in pair.items()},
            "client-cert-auth": "true",
            "peer-client-cert-auth": "true",
            "trusted-ca-file": files.authority,
            "peer-trusted-ca-file": files.authority,
            "unsafe-no-fsync": "true",
            # Fewer log entries in memory than the 100,000 of a production cluster.
            "snapshot-count": "10000",
            "logger": "zap",
            "log-level": "warn",
        },
    )


def apiserver_argv(layout: Layout, files: ControlPlaneFiles, apiserver: Path) -> list[str]:
    """The API server: one token, RBAC, no anonymous call, client certificates to all it calls."""
    return _argv(
        apiserver,
        {
            "etcd-servers": f"https://{layout.control}:{ETCD_PORT}",
            "etcd-cafile": files.authority,
            "etcd-certfile": files.etcd_client.certificate,
            "etcd-keyfile": files.etcd_client.key,
            "bind-address": layout.control,
            "advertise-address": _ADVERTISED,
            "endpoint-reconciler-type": "none",
            "secure-port": str(KUBE_API_PORT),
            "tls-cert-file": files.api.certificate,
            "tls-private-key-file": files.api.key,
            "anonymous-auth": "false",
            "token-auth-file": files.tokens,
            "authorization-mode": "RBAC",
            "service-cluster-ip-range": SERVICE_ADDRESSES,
            "service-account-issuer": layout.kube_endpoint,
            "service-account-key-file": files.service_account_key,
            "service-account-signing-key-file": files.service_account_key,
            # Pods get no token mounted: the node runs no container that could call the API.
            "disable-admission-plugins": "ServiceAccount",
            "admission-control-config-file": files.admission,
            "kubelet-client-certificate": files.kubelet_client.certificate,
            "kubelet-client-key": files.kubelet_client.key,
            "kubelet-certificate-authority": files.authority,
            "kubelet-preferred-address-types": "InternalIP",
            "proxy-client-cert-file": files.aggregator.certificate,
            "proxy-client-key-file": files.aggregator.key,
            "requestheader-client-ca-file": files.authority,
            "requestheader-allowed-names": AGGREGATOR,
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "profiling": "false",
        },
    )


def controller_manager_argv(files: ControlPlaneFiles, controller_manager: Path) -> list[str]:
    """The controllers, without the ones about endpoints; serves no port of its own."""
    return _argv(
        controller_manager,
        {
            "kubeconfig": files.kubeconfig,
            "authentication-skip-lookup": "true",
            "secure-port": "0",
            "leader-elect": "false",
            "controllers": ",".join(["*", *(f"-{name}-controller" for name in CONTROLLERS_OFF)]),
            "service-account-private-key-file": files.service_account_key,
            "root-ca-file": files.authority,
            "profiling": "false",
            **HPA_FLAGS,
        },
    )


def scheduler_argv(files: ControlPlaneFiles, scheduler: Path) -> list[str]:
    """The scheduler; serves no port of its own."""
    return _argv(
        scheduler,
        {
            "kubeconfig": files.kubeconfig,
            "authentication-skip-lookup": "true",
            "secure-port": "0",
            "leader-elect": "false",
            "profiling": "false",
        },
    )


class ControlPlane:
    """Starts etcd, then the API server, then the two that need it; ends them the other way."""

    def __init__(
        self,
        layout: Layout,
        secrets: Secrets,
        tools: Tools,
        *,
        on_change: OnChange | None = None,
    ) -> None:
        """`on_change` is told of every process, see `Process.on_change`."""
        self._layout = layout
        self._tools = tools
        self._on_change = on_change
        self.kube = KubeClient.of(layout, secrets)
        self._secrets = secrets
        self.processes: list[Process] = []

    async def start(self) -> None:
        """Return when the API server is ready and the controllers act.

        Raises `StackyardError` with the end of the log of the one that failed; none is left then.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self, grace_seconds: float = 8.0) -> None:
        """End every process; etcd last, since the API server waits for it while it ends."""
        await self.kube.close()
        for process in reversed(self.processes):
            await process.stop(grace_seconds)
        self.processes.clear()

    async def _start(self) -> None:
        layout, paths = self._layout, self._tools.paths
        files = write_files(layout, self._secrets)
        etcd = self._process(
            "etcd",
            etcd_argv(layout, files, executable("etcd")),
            lambda: self._etcd_is_healthy(files),
        )
        api = self._process(
            "kube-apiserver",
            apiserver_argv(layout, files, paths["kube-apiserver"]),
            self._api_is_ready,
        )
        manager = self._process(
            "kube-controller-manager",
            controller_manager_argv(files, paths["kube-controller-manager"]),
            self._controllers_act,
        )
        scheduler = self._process(
            "kube-scheduler", scheduler_argv(files, paths["kube-scheduler"]), None
        )
        await etcd.start()
        await api.start()
        await etcd.wait_ready(READY_SECONDS)
        await api.wait_ready(READY_SECONDS)
        await manager.start()
        await scheduler.start()
        await manager.wait_ready(READY_SECONDS)
        for process in self.processes:
            # Not before: one that can't start at all shall be told at once.
            process.restarts = True

    def _process(
        self,
        name: str,
        argv: Sequence[str],
        ready: Callable[[], Awaitable[bool]] | None,
    ) -> Process:
        process = Process(
            name=name,
            argv=argv,
            environment=environment_of(self._layout),
            log=self._layout.logs / f"{name}.log",
            ready=ready,
            on_change=self._on_change,
        )
        self.processes.append(process)
        return process

    async def _etcd_is_healthy(self, files: ControlPlaneFiles) -> bool:
        # Its port is open before it knows whether it can start.
        trust = ssl.create_default_context(cafile=str(files.authority))
        trust.load_cert_chain(files.etcd_client.certificate, files.etcd_client.key)
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(f"https://{self._layout.control}:{ETCD_PORT}/health", ssl=trust) as answer,
        ):
            return answer.status == 200

    async def _api_is_ready(self) -> bool:
        status, _ = await self.kube.text("/readyz")
        return status == 200

    async def _controllers_act(self) -> bool:
        # The controllers make this account; nothing else would.
        path = "/api/v1/namespaces/default/serviceaccounts/default"
        status, _ = await self.kube.request("GET", path)
        return status == 200


def _argv(executable_: Path, flags: Mapping[str, str | Path]) -> list[str]:
    return [str(executable_), *(f"--{flag}={value}" for flag, value in flags.items())]
