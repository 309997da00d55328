"""What the control plane of a slot starts with: certificates, keys, tokens, configuration."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stackyard.local.certificates import KeyPair, issue
from stackyard.local.layout import KUBELET_PORT, Layout
from stackyard.local.secrets import Secrets, write_private
from stackyard.local.wire import JsonObject

ADMIN_USER = "admin"
AGGREGATOR = "aggregator"
"""Common name of the certificate that the API server shows to aggregated APIs."""


@dataclass(frozen=True, kw_only=True)
class ControlPlaneFiles:
    """Certificates, keys and configuration that the four processes start with."""

    authority: Path
    etcd: KeyPair
    """Serves etcd's clients and its peer port."""
    etcd_client: KeyPair
    api: KeyPair
    kubelet_client: KeyPair
    """Shown to the node and to webhooks on its address."""
    aggregator: KeyPair
    service_account_key: Path
    tokens: Path
    admission: Path
    kubeconfig: Path
    """For the controller manager and the scheduler; `Layout.kubeconfig` is the user's own."""


def write_files(layout: Layout, secrets: Secrets) -> ControlPlaneFiles:
    """Issue and write all that the control plane reads; the same again at the next start."""
    folder = layout.secrets
    files = ControlPlaneFiles(
        authority=layout.certificate_authority,
        # etcd's own JSON gateway is a client of etcd and shows this same certificate.
        etcd=issue(layout, "etcd", addresses=[layout.control], client=True),
        etcd_client=issue(layout, "etcd-client", addresses=[], client=True),
        api=issue(layout, "kube-apiserver", addresses=[layout.control]),
        kubelet_client=issue(layout, "kubelet-client", addresses=[], client=True),
        aggregator=issue(layout, AGGREGATOR, addresses=[], client=True),
        service_account_key=folder / "service-account.key",
        tokens=folder / "kube-tokens.csv",
        admission=folder / "admission.json",
        kubeconfig=folder / "kubeconfig.json",
    )
    if not files.service_account_key.exists():
        write_private(files.service_account_key, _service_account_key())
    write_private(files.tokens, f'{secrets.kube_token},{ADMIN_USER},1,"system:masters"\n')
    webhooks = folder / "webhooks.json"
    write_private(webhooks, json.dumps(_webhook_kubeconfig(layout, files.kubelet_client)))
    write_private(files.admission, json.dumps(_admission(webhooks)))
    config = json.dumps(kubeconfig(layout, secrets), indent=1)
    write_private(files.kubeconfig, config)
    write_private(layout.kubeconfig, config)
    return files


def kubeconfig(layout: Layout, secrets: Secrets) -> JsonObject:
    """Opens the slot's cluster to its reader: endpoint, CA and token stand in it."""
    authority = base64.b64encode(layout.certificate_authority.read_bytes()).decode()
    name = f"stackyard-{layout.slot}"
    cluster = {"server": layout.kube_endpoint, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"token": secrets.kube_token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _service_account_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _webhook_kubeconfig(layout: Layout, client: KeyPair) -> JsonObject:
    """The certificate shown to webhooks on the node's address, and to no other."""
    certificate = {
        "client-certificate": str(client.certificate),
        "client-key": str(client.key),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "users": [{"name": f"{layout.control}:{KUBELET_PORT}", "user": certificate}],
    }


def _admission(webhooks: Path) -> JsonObject:
    configuration = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "WebhookAdmissionConfiguration",
        "kubeConfigFile": str(webhooks),
    }
    names = ("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook")
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [{"name": name, "configuration": configuration} for name in names],
    }
