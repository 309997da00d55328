"""What engine tests share: a rig a test, one real control plane for all of them."""

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackyard.local.backend import Backend
from stackyard.local.binaries import found
from stackyard.local.certificates import make_authority
from stackyard.local.control_plane import ControlPlane
from stackyard.local.kubernetes.backend import KubernetesBackend
from stackyard.local.kubernetes.purge import purge
from stackyard.local.kubernetes.rest import KubeApi
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets, make_secrets
from tests.engine.hollow_node import HollowNode
from tests.engine.rig import Program, Rig
from tests.local.slots import free_slot

START_SECONDS, STOP_SECONDS = 120, 60

RigMaker = Callable[..., Rig]


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A running control plane with one node, and how to reach it."""

    layout: Layout
    secrets: Secrets
    api: KubeApi

    @property
    def kubeconfig(self) -> str:
        """As EKS users have it: an exec plugin, no token."""
        authority = base64.b64encode(self.layout.certificate_authority.read_bytes()).decode()
        server = {
            "server": self.layout.kube_endpoint,
            "certificate-authority-data": authority,
        }
        return json.dumps(
            {
                "clusters": [{"name": "eks", "cluster": server}],
                "users": [{"name": "eks", "user": {"exec": {"command": "aws"}}}],
                "contexts": [{"name": "eks", "context": {"cluster": "eks", "user": "eks"}}],
                "current-context": "eks",
            }
        )

    def backend(self) -> KubernetesBackend:
        """The package as the plugin makes it."""
        return KubernetesBackend(self.secrets.kube_token)


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[RigMaker]:
    """`make_rig(program, aws=..., kubernetes=...)`; closed with the test."""
    rigs: list[Rig] = []

    def make(program: Program, **backends: Backend) -> Rig:
        rigs.append(Rig(tmp_path, program, backends))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with (
        free_slot(tmp_path_factory.mktemp("slot")) as layout,
        closing(asyncio.new_event_loop()) as loop,
    ):
        make_authority(layout)
        secrets = make_secrets(layout)
        plane = ControlPlane(layout, secrets, found())
        thread = threading.Thread(target=loop.run_forever, name="control-plane", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(plane.start(), loop).result(START_SECONDS)
            authority = layout.certificate_authority.read_text()
            api = KubeApi(layout.kube_endpoint, secrets.kube_token, authority)
            node = HollowNode(api)
            node.start()
            yield Cluster(layout=layout, secrets=secrets, api=api)
            node.stop()
        finally:
            asyncio.run_coroutine_threadsafe(plane.stop(), loop).result(STOP_SECONDS)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


@pytest.fixture
def cluster(control_plane: Cluster) -> Iterator[Cluster]:
    """The control plane, emptied of what the test made."""
    yield control_plane
    purge(control_plane.api)
