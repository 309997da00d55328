"""What the node puts into the API server at its start: metrics.k8s.io and the two webhooks."""

import asyncio
import base64

from stackyard.local.kube_client import APPLY_PATCH, KubeClient, KubeError
from stackyard.local.layout import KUBELET_PORT, Layout
from stackyard.local.metrics_api import GROUP_VERSION
from stackyard.local.wire import JsonObject

FIELD_MANAGER = "stackyard-node"
METRICS_NAMESPACE, METRICS_SERVICE = "kube-system", "metrics-server"
METRICS_HOST = f"{METRICS_SERVICE}.{METRICS_NAMESPACE}.svc"
"""What the API server expects in the certificate of metrics.k8s.io."""
GATE_LABEL = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
SYSTEM_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")
ATTEMPTS, RETRY_SECONDS = 40, 0.25
"""kube-system is made by the API server itself a moment after it is ready."""

_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


async def set_up_cluster(kube: KubeClient, layout: Layout) -> None:
    """Write all objects, again and again until the API server takes them. Raises `KubeError`."""
    for path, wanted in cluster_objects(layout):
        for attempt in range(1, ATTEMPTS + 1):
            status, answer = await kube.request(
                "PATCH",
                f"{path}/{wanted['metadata']['name']}",
                wanted,
                APPLY_PATCH,
                params={"fieldManager": FIELD_MANAGER, "force": "true"},
            )
            if status < 400:
                break
            if attempt == ATTEMPTS:
                name = f"{wanted['kind']} {wanted['metadata']['name']}"
                raise KubeError(status, f"{name} is refused: {answer.get('message')}")
            await asyncio.sleep(RETRY_SECONDS)


def cluster_objects(layout: Layout) -> list[tuple[str, JsonObject]]:
    """Each object with the path of its collection."""
    authority = base64.b64encode(layout.certificate_authority.read_bytes()).decode()
    services = f"/api/v1/namespaces/{METRICS_NAMESPACE}/services"
    return [
        (services, _metrics_service(layout)),
        ("/apis/apiregistration.k8s.io/v1/apiservices", _metrics_api(authority)),
        (
            _WEBHOOKS,
            _webhook(
                layout,
                "pod-identity",
                authority,
                {
                    "matchExpressions": [
                        {
                            "key": "kubernetes.io/metadata.name",
                            "operator": "NotIn",
                            "values": list(SYSTEM_NAMESPACES),
                        }
                    ]
                },
            ),
        ),
        (
            _WEBHOOKS,
            _webhook(layout, "readiness-gates", authority, {"matchLabels": GATE_LABEL}),
        ),
    ]


def _metrics_service(layout: Layout) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": METRICS_SERVICE, "namespace": METRICS_NAMESPACE},
        # By name, since an EndpointSlice refuses loopback addresses.
        "spec": {"type": "ExternalName", "externalName": layout.control},
    }


def _metrics_api(authority: str) -> JsonObject:
    group, _, version = GROUP_VERSION.partition("/")
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.{group}"},
        "spec": {
            "group": group,
            "version": version,
            "service": {
                "name": METRICS_SERVICE,
                "namespace": METRICS_NAMESPACE,
                "port": KUBELET_PORT,
            },
            "caBundle": authority,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }


def _webhook(layout: Layout, name: str, authority: str, namespaces: JsonObject) -> JsonObject:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": f"stackyard-{name}"},
        "webhooks": [
            {
                "name": f"{name}.stackyard.local",
                "clientConfig": {
                    "url": f"https://{layout.control}:{KUBELET_PORT}/webhooks/{name}",
                    "caBundle": authority,
                },
                "rules": [
                    {
                        "operations": ["CREATE"],
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "resources": ["pods"],
                        "scope": "Namespaced",
                    }
                ],
                "namespaceSelector": namespaces,
                # A pod without its gate would drop requests: rather none than that.
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "timeoutSeconds": 10,
            }
        ],
    }
