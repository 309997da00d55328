"""What a kubelet asks the API server about one pod: its Secrets, tokens, status, last deletion."""

from stackyard.local.container_environment import ConfigError, Source, decoded
from stackyard.local.kube_client import STRATEGIC_MERGE_PATCH, KubeClient, KubeError
from stackyard.local.wire import JsonObject


class PodApi:
    """Calls about one pod; each raises `KubeError` when nothing answers."""

    def __init__(self, kube: KubeClient, *, namespace: str, name: str, uid: str) -> None:
        self._kube = kube
        self._namespace = f"/api/v1/namespaces/{namespace}"
        self._path = f"{self._namespace}/pods/{name}"
        self._name = name
        self._uid = uid

    async def fetch(self, kind: str, name: str) -> JsonObject | None:
        """An object of the pod's namespace, by plural kind; None where there is none."""
        path = f"{self._namespace}/{kind}/{name}"
        status, found = await self._kube.request("GET", path)
        if status == 404:
            return None
        if status != 200:
            raise KubeError(status, f"GET {path}: {found.get('message', status)}")
        return found

    async def content(self, source: Source) -> dict[str, str] | None:
        """What a Secret or ConfigMap holds; None where there is none."""
        kind, name = source
        found = await self.fetch(kind, name)
        return None if found is None else decoded(kind, found)

    async def token(self, account: str, wanted: JsonObject) -> str:
        """A token of the pod's service account, dead with the pod. Raises `ConfigError`."""
        audience = wanted.get("audience")
        status, answer = await self._kube.request(
            "POST",
            f"{self._namespace}/serviceaccounts/{account}/token",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {
                    "audiences": [audience] if audience else [],
                    "expirationSeconds": wanted.get("expirationSeconds"),
                    "boundObjectRef": {
                        "kind": "Pod",
                        "apiVersion": "v1",
                        "name": self._name,
                        "uid": self._uid,
                    },
                },
            },
        )
        if status != 201:
            raise ConfigError(f"token of service account {account}: {answer.get('message')}")
        return str(answer["status"]["token"])

    async def report(self, status: JsonObject) -> tuple[int, JsonObject]:
        """Write the pod's status, unless a new pod has taken the name: HTTP status and pod."""
        body = {"metadata": {"uid": self._uid}, "status": status}
        return await self._kube.request(
            "PATCH", f"{self._path}/status", body, STRATEGIC_MERGE_PATCH
        )

    async def delete(self) -> tuple[int, JsonObject]:
        """Let the API server forget the pod: its containers have ended."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self._uid}}
        return await self._kube.request("DELETE", self._path, body)
