"""The real control plane of a slot: it controls, it lets in nobody without a secret, it ends."""

import asyncio
import itertools
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local import binaries
from stackyard.local.certificates import issue
from stackyard.local.control_plane import (
    ControlPlane,
    apiserver_argv,
    controller_manager_argv,
    etcd_argv,
    scheduler_argv,
)
from stackyard.local.control_plane_files import write_files
from stackyard.local.layout import (
    ETCD_PEER_PORT,
    ETCD_PORT,
    KUBE_API_PORT,
    Layout,
)
from stackyard.local.ports import conflicts, listeners
from stackyard.local.processes import pids_of
from stackyard.local.secrets import make_secrets
from stackyard.local.wire import JsonObject
from tests.local.plane import CONFIG_MAPS, Running, named, new_name, running_plane
from tests.local.slots import free_slot

REFUSAL = r"(?i)certificate|reset|broken pipe|EOF occurred in violation of protocol"
"""What a client may see whose certificate the server refuses, by which write comes first."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_plane(tmp_path_factory.mktemp("plane")) as plane:
        yield plane


def _argvs(root: Path) -> dict[str, list[str]]:
    layout = Layout(root=root, slot=106)
    files = write_files(layout, make_secrets(layout))
    return {
        "etcd": etcd_argv(layout, files, Path("etcd")),
        "apiserver": apiserver_argv(layout, files, Path("apiserver")),
        "controllers": controller_manager_argv(files, Path("controllers")),
        "scheduler": scheduler_argv(files, Path("scheduler")),
    }


def _deployment(replicas: int) -> JsonObject:
    labels = {"app": new_name()}
    return {
        **named("Deployment", "apps/v1"),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "app", "image": "stackyard.local/none"}]},
            },
        },
    }


def test_nothing_listens_outside_the_slot(tmp_path: Path):
    argvs = _argvs(tmp_path)

    addresses = [
        word
        for word in (*argvs["etcd"], *argvs["apiserver"])
        if word.startswith(("--listen-", "--bind-", "--initial-", "--advertise-client"))
    ]

    assert len(addresses) == 6
    assert all("127.116.0.1" in word for word in addresses)


def test_the_controller_manager_and_the_scheduler_open_no_port(tmp_path: Path):
    argvs = _argvs(tmp_path)

    assert "--secure-port=0" in argvs["controllers"]
    assert "--secure-port=0" in argvs["scheduler"]


def test_the_hpa_is_quick_enough_to_look_on(tmp_path: Path):
    controllers = _argvs(tmp_path)["controllers"]

    flag = "--horizontal-pod-autoscaler"
    assert {word for word in controllers if word.startswith(flag)} == {
        f"{flag}-sync-period=5s",
        f"{flag}-downscale-stabilization=15s",
        f"{flag}-cpu-initialization-period=10s",
        f"{flag}-initial-readiness-delay=5s",
    }


def test_no_secret_stands_on_a_command_line(tmp_path: Path):
    layout = Layout(root=tmp_path, slot=106)
    token = make_secrets(layout).kube_token

    words = " ".join(itertools.chain(*_argvs(tmp_path).values()))

    assert token not in words


@pytest.mark.local
def test_a_deployment_gets_a_replica_set_and_pods(running: Running):
    deployment = _deployment(replicas=2)
    selector = {"labelSelector": f"app={deployment['spec']['selector']['matchLabels']['app']}"}

    status, _ = running.request("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)

    assert status == 201

    async def two_pods() -> bool:
        pods = await running.plane.kube.list("/api/v1/namespaces/default/pods", selector)
        return len(pods.items) == 2

    running.until(two_pods)
    sets = running.loop.run(
        running.plane.kube.list("/apis/apps/v1/namespaces/default/replicasets", selector)
    )
    assert [item["metadata"]["ownerReferences"][0]["name"] for item in sets.items] == [
        deployment["metadata"]["name"]
    ]


@pytest.mark.local
def test_kubectl_works_by_the_kubeconfig(running: Running):
    namespaces = running.kubectl("get", "namespaces", "--output=name").split()

    assert "namespace/kube-system" in namespaces
    assert running.layout.kubeconfig.stat().st_mode & 0o777 == 0o600


@pytest.mark.local
@pytest.mark.parametrize("token", [None, "Bearer guess"])
def test_the_api_refuses_who_has_no_token(running: Running, token: str | None):
    trust = ssl.create_default_context(cafile=str(running.layout.certificate_authority))
    headers = {"Authorization": token} if token else {}
    request = urllib.request.Request(f"{running.layout.kube_endpoint}/version", headers=headers)

    with pytest.raises(urllib.error.HTTPError, match="401") as caught:
        urllib.request.urlopen(request, context=trust, timeout=10)

    caught.value.close()


def _asks_etcd(running: Running, port: int, trust: ssl.SSLContext) -> bytes:
    control = running.layout.control
    with (
        socket.create_connection((control, port), timeout=10) as connection,
        trust.wrap_socket(connection, server_hostname=control) as tls,
    ):
        tls.sendall(b"GET /version HTTP/1.1\r\nHost: etcd\r\n\r\n")
        return tls.recv(12)


def _trust(running: Running) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(running.layout.certificate_authority))


@pytest.mark.local
@pytest.mark.parametrize("port", [ETCD_PORT, ETCD_PEER_PORT])
def test_etcd_refuses_who_has_no_certificate(running: Running, port: int):
    with pytest.raises((ssl.SSLError, ConnectionError), match=REFUSAL):
        _asks_etcd(running, port, _trust(running))


@pytest.mark.local
@pytest.mark.parametrize("port", [ETCD_PORT, ETCD_PEER_PORT])
def test_etcd_refuses_a_certificate_of_another_authority(
    running: Running, port: int, tmp_path: Path
):
    stranger = issue(Layout(root=tmp_path, slot=107), "etcd-client", addresses=[], client=True)
    trust = _trust(running)
    trust.load_cert_chain(stranger.certificate, stranger.key)

    with pytest.raises((ssl.SSLError, ConnectionError), match=REFUSAL):
        _asks_etcd(running, port, trust)


@pytest.mark.local
def test_etcd_answers_who_has_the_slots_certificate(running: Running):
    client = issue(running.layout, "etcd-client", addresses=[], client=True)
    trust = _trust(running)
    trust.load_cert_chain(client.certificate, client.key)

    assert _asks_etcd(running, ETCD_PORT, trust) == b"HTTP/1.1 200"


@pytest.mark.local
def test_the_slot_has_no_other_port(running: Running):
    there = {each.port for each in conflicts(running.layout, listeners())}

    assert there == {ETCD_PORT, ETCD_PEER_PORT, KUBE_API_PORT}


async def _names(plane: ControlPlane) -> set[str]:
    return {item["metadata"]["name"] for item in (await plane.kube.list(CONFIG_MAPS)).items}


@pytest.mark.local
def test_a_stop_leaves_no_process_and_no_port_and_a_start_finds_the_state(tmp_path: Path):
    with free_slot(tmp_path) as layout:
        secrets, tools = make_secrets(layout), binaries.found()

        async def scene() -> tuple[list[int], int, set[str]]:
            first = ControlPlane(layout, secrets, tools)
            await first.start()
            made, _ = await first.kube.request("POST", CONFIG_MAPS, named("ConfigMap"))
            before = await _names(first)
            await first.stop()
            left = pids_of(layout)
            second = ControlPlane(layout, secrets, tools)
            try:
                await second.start()
                after = await _names(second)
            finally:
                await second.stop()
            # A controller adds one of its own, at any time.
            return left + pids_of(layout), made, before - after

        left, made, lost = asyncio.run(scene())

    assert (left, made, lost) == ([], 201, set())
    with pytest.raises(ConnectionRefusedError, match="refused"):
        socket.create_connection((layout.control, KUBE_API_PORT), timeout=5)


@pytest.mark.local
def test_a_server_that_cannot_start_is_named_with_its_last_words(tmp_path: Path):
    with free_slot(tmp_path) as layout:
        (layout.data / "etcd").mkdir(parents=True)
        (layout.data / "etcd" / "member").write_text("no folder")
        plane = ControlPlane(layout, make_secrets(layout), binaries.found())

        with pytest.raises(StackyardError, match=r"(?s)etcd ended with exit code \d.*etcd\.log"):
            asyncio.run(plane.start())
