"""One API server over HTTP: JSON in, JSON out, errors in Kubernetes' own words."""

import ipaddress
import json
import ssl
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from stackyard.errors import StackyardError
from stackyard.local.wire import JsonObject

CONNECTIONS = 32
CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0
APPLY = "application/apply-patch+yaml"
"""Content type of server-side apply; JSON is YAML."""


class ApiError(StackyardError):
    """The API server refused: HTTP status, Kubernetes' reason and message."""

    def __init__(self, status: int, body: JsonObject) -> None:
        super().__init__(str(body.get("message") or f"the API server answered {status}"))
        self.status, self.reason = status, str(body.get("reason") or "")
        self.details: JsonObject = body.get("details") or {}

    @property
    def namespace_missing(self) -> bool:
        """Whether what is not found is the namespace of the object, not the object."""
        return self.status == 404 and self.details.get("kind") == "namespaces"


class UnreachableError(StackyardError):
    """No API server answers."""


class KubeApi:
    """A client for threads; `token` goes to loopback addresses only."""

    def __init__(self, server: str, token: str, certificate_authority: str) -> None:
        host = urlsplit(server).hostname or ""
        if not _is_loopback(host):
            raise StackyardError(
                f"the kubeconfig names {server}: the embedded cloud's token is only sent to a "
                "loopback address; run the local stack's command with its own environment"
            )
        context = ssl.create_default_context(cadata=certificate_authority)
        self.server = server.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._pool = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            ssl_context=context,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=urllib3.Retry(total=0, connect=1, other=0, redirect=0),
        )

    def call(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        """The answer's object. Raises `ApiError`, and `UnreachableError` if nothing answers."""
        url = f"{self.server}{path}" + (f"?{urlencode(query)}" if query else "")
        content = {"Content-Type": "application/json"} if body is not None else {}
        try:
            answer = self._pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers={**self._headers, **content, **(headers or {})},
            )
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(
                f"no Kubernetes API answers at {self.server}: {error}"
            ) from error
        found = _object(answer.data)
        if answer.status >= 400:
            raise ApiError(answer.status, found)
        return found

    def find(self, path: str) -> JsonObject | None:
        """The object at `path`, None if there is none."""
        try:
            return self.call("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **selectors: str) -> list[JsonObject]:
        """The objects of a list; `labelSelector`, `fieldSelector`."""
        return self.call("GET", path, query=selectors).get("items") or []


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def _object(data: bytes) -> JsonObject:
    try:
        return json.loads(data)
    except ValueError:
        return {"message": data.decode(errors="replace")[:500]}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
