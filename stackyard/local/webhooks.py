"""What EKS and its load balancer controller write into pods at admission; pure but for look-ups."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stackyard.local.kube_client import KubeClient, KubeError
from stackyard.local.kube_json import child, children
from stackyard.local.layout import POD_IDENTITY_PORT
from stackyard.local.pod_identity import (
    AUDIENCE,
    CREDENTIALS_PATH,
    TOKEN_SECONDS,
    ListAssociations,
    find_association,
)
from stackyard.local.wire import JsonObject

GATE_PREFIX = "target-health.elbv2.k8s.aws/"
TOKEN_VOLUME = "eks-pod-identity-token"  # noqa: S105  # a volume's name
TOKEN_FOLDER = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"  # noqa: S105  # a path
_BINDINGS = "/apis/elbv2.k8s.aws/v1beta1/namespaces/{}/targetgroupbindings"

Patch = list[JsonObject]


@dataclass(frozen=True, kw_only=True)
class IdentityVariables:
    """What a pod with an identity is told besides its token."""

    credentials_url: str
    region: str
    aws_endpoint: str

    @classmethod
    def of(cls, address: str, *, region: str, aws_endpoint: str) -> "IdentityVariables":
        """The variables where the credentials are served at `address`."""
        url = f"http://{address}:{POD_IDENTITY_PORT}{CREDENTIALS_PATH}"
        return cls(credentials_url=url, region=region, aws_endpoint=aws_endpoint)


def gates_patch(pod: JsonObject, bindings: Iterable[tuple[str, Mapping[str, str]]]) -> Patch:
    """A gate for each binding that takes the pod; a binding is its name and Service selector."""
    labels = child(pod, "metadata", "labels")
    have = children(child(pod, "spec"), "readinessGates")
    wanted = [
        {"conditionType": f"{GATE_PREFIX}{name}"}
        for name, selector in bindings
        if selector and all(labels.get(key) == value for key, value in selector.items())
    ]
    missing = [gate for gate in wanted if gate not in have]
    if not missing:
        return []
    return [{"op": "add", "path": "/spec/readinessGates", "value": [*have, *missing]}]


def identity_patch(pod: JsonObject, variables: IdentityVariables) -> Patch:
    """Token, its volume and the SDK's variables in every container, as EKS' own webhook does it."""
    spec = child(pod, "spec")
    given = {
        "AWS_REGION": variables.region,
        "AWS_DEFAULT_REGION": variables.region,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": variables.credentials_url,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": f"{TOKEN_FOLDER}/{TOKEN_VOLUME}",
        # Not EKS' own: where the embedded AWS answers.
        "AWS_ENDPOINT_URL": variables.aws_endpoint,
    }
    patch: Patch = [
        {
            "op": "add",
            "path": "/spec/volumes",
            "value": [*children(spec, "volumes"), _token_volume()],
        }
    ]
    for list_name in ("initContainers", "containers"):
        for place, container in enumerate(children(spec, list_name)):
            have = children(container, "env")
            names = {variable["name"] for variable in have}
            added = [{"name": n, "value": v} for n, v in given.items() if n not in names]
            mount = {"name": TOKEN_VOLUME, "mountPath": TOKEN_FOLDER, "readOnly": True}
            path = f"/spec/{list_name}/{place}"
            patch += [
                {"op": "add", "path": f"{path}/env", "value": [*have, *added]},
                {
                    "op": "add",
                    "path": f"{path}/volumeMounts",
                    "value": [*children(container, "volumeMounts"), mount],
                },
            ]
    return patch


def review_answer(review: JsonObject, patch: Patch) -> JsonObject:
    """The AdmissionReview that allows the pod with a patch."""
    response: JsonObject = {"uid": review["request"]["uid"], "allowed": True}
    if patch:
        encoded = base64.b64encode(json.dumps(patch).encode()).decode()
        response |= {"patchType": "JSONPatch", "patch": encoded}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


class Webhooks:
    """Answers the API server's questions about new pods."""

    def __init__(
        self, kube: KubeClient, associations: ListAssociations, variables: IdentityVariables
    ) -> None:
        self._kube = kube
        self._associations = associations
        self._variables = variables

    async def readiness_gates(self, review: JsonObject) -> JsonObject:
        """Gates for the target groups that the pod will serve in."""
        request = review["request"]
        namespace = str(request["namespace"])
        patch = gates_patch(request["object"], await self._bindings(namespace))
        return review_answer(review, patch)

    async def pod_identity(self, review: JsonObject) -> JsonObject:
        """Credentials for a service account that is associated with a role."""
        request = review["request"]
        account = child(request["object"], "spec").get("serviceAccountName") or "default"
        known = await self._associations()
        found = find_association(known, str(request["namespace"]), str(account))
        patch = identity_patch(request["object"], self._variables) if found else []
        return review_answer(review, patch)

    async def _bindings(self, namespace: str) -> list[tuple[str, Mapping[str, str]]]:
        """The namespace's bindings of target type ip, each with its Service's selector."""
        try:
            listed = await self._kube.list(_BINDINGS.format(namespace))
        except KubeError as error:
            # Before the controller's chart is installed nobody serves bindings.
            if error.status == 404:
                return []
            raise
        found: list[tuple[str, Mapping[str, str]]] = []
        for binding in listed.items:
            spec = child(binding, "spec")
            if spec.get("targetType", "ip") != "ip":
                continue
            service = child(spec, "serviceRef").get("name")
            path = f"/api/v1/namespaces/{namespace}/services/{service}"
            status, answer = await self._kube.request("GET", path)
            if status == 200:
                name = str(binding["metadata"]["name"])
                found.append((name, child(answer, "spec", "selector")))
        return found


def _token_volume() -> JsonObject:
    source = {"audience": AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": TOKEN_VOLUME}
    return {
        "name": TOKEN_VOLUME,
        "projected": {"defaultMode": 0o644, "sources": [{"serviceAccountToken": source}]},
    }
