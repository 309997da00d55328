"""Where the embedded cloud of one slot lives: every address, port and folder."""

import os
from dataclasses import dataclass
from pathlib import Path

SLOT_VARIABLE = "STACKYARD_SLOT"
SLOTS = 200
"""Slots 0 to 199: the second byte of 127.<10+slot>.x.y ends at 209."""

MOTO_PORT = 5000
ETCD_PORT, ETCD_PEER_PORT = 2379, 2380
KUBE_API_PORT, KUBELET_PORT, POD_IDENTITY_PORT = 6443, 10250, 10251
CONTROLLER_MANAGER_PORT, SCHEDULER_PORT = 10257, 10259
EDGE_PORT = 8443
MYSQL_PORT, REDIS_PORT = 3306, 6379
LISTENER_PORTS = {80: 8080, 443: 8443}
"""A listener's port to the port its body answers on: a user may not bind below 1024."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One slot. Nothing is created here; `root` is the project's folder."""

    root: Path
    slot: int = 0

    def address(self, network: int, host: int) -> str:
        """A loopback address of this slot, `127.<10+slot>.<network>.<host>`."""
        return f"127.{10 + self.slot}.{network}.{host}"

    @property
    def control(self) -> str:
        """Address of moto, etcd, the Kubernetes API and the kubelet API."""
        return self.address(0, 1)

    def load_balancer(self, number: int) -> str:
        """Address of the n-th load balancer, from 1."""
        return self.address(1, number)

    def database(self, number: int) -> str:
        """Address of the n-th database endpoint or instance, from 1."""
        return self.address(2, number)

    def cache(self, number: int) -> str:
        """Address of the n-th cache endpoint, from 1."""
        return self.address(3, number)

    def edge(self, number: int) -> str:
        """Address of the n-th distribution, from 1."""
        return self.address(4, number)

    def pod(self, number: int) -> str:
        """Address of the n-th pod, from 1; sixteen networks of 254."""
        return self.address(16 + (number - 1) // 254, 1 + (number - 1) % 254)

    @property
    def aws_endpoint(self) -> str:
        """What AWS_ENDPOINT_URL says."""
        return f"http://{self.control}:{MOTO_PORT}"

    @property
    def kube_endpoint(self) -> str:
        """The Kubernetes API server, as kubeconfig and EKS say it."""
        return f"https://{self.control}:{KUBE_API_PORT}"

    @property
    def folder(self) -> Path:
        """All state of the slot; removed by `make down` but for caches beside it."""
        return self.root / ".local" / str(self.slot)

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.folder / "logs"

    @property
    def secrets(self) -> Path:
        """Keys, tokens and passwords made at `make up`; files 0600."""
        return self.folder / "secrets"

    @property
    def run(self) -> Path:
        """Sockets, pid files, generated configuration."""
        return self.folder / "run"

    @property
    def data(self) -> Path:
        """Data folders of etcd, MariaDB and Redis, moto's journal."""
        return self.folder / "data"

    @property
    def state(self) -> Path:
        """Pulumi's state: the file backend of the local stack."""
        return self.folder / "state"

    @property
    def images(self) -> Path:
        """Unpacked images by digest; a cache that outlives the stack."""
        return self.root / ".local" / "images"

    @property
    def certificate_authority(self) -> Path:
        """The local CA's certificate, PEM; clients trust it by SSL_CERT_FILE."""
        return self.folder / "ca.pem"

    @property
    def kubeconfig(self) -> Path:
        """What KUBECONFIG says to kubectl."""
        return self.folder / "kubeconfig"

    @property
    def stack_file(self) -> Path:
        """The local stack's file with the digest of the image that was built for it."""
        return self.folder / "Pulumi.local.yaml"

    @property
    def environment_file(self) -> Path:
        """What a shell sources to use pulumi, kubectl and boto3 by hand."""
        return self.folder / "env" if self.slot else self.root / ".local" / "env"


def layout_here(root: Path | None = None) -> Layout:
    """The slot that STACKYARD_SLOT names (default 0), in `root` or the working directory.

    Raises `ValueError` for a slot that is no number of 0 to 199.
    """
    given = os.environ.get(SLOT_VARIABLE, "0")
    if not given.isdecimal() or int(given) >= SLOTS:
        raise ValueError(f"{SLOT_VARIABLE}={given!r}; give a number of 0 to {SLOTS - 1}")
    return Layout(root=root or Path.cwd(), slot=int(given))
