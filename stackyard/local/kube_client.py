"""A small asynchronous client of the Kubernetes API: one request, one list, an endless watch."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp

from stackyard.errors import StackyardError
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
"""Server-side apply; JSON is YAML, so the body stays JSON."""

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)
_WATCH_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)
_RETRY_SECONDS = 0.5
_WATCH_SECONDS = 300
_LINE_LIMIT = 16 * 1024 * 1024
"""A watch event is one line; the API server refuses objects of a tenth of this."""


class KubeError(StackyardError):
    """The API server refused a request, or does not answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status; 0 when there was no answer."""


class KubeList(NamedTuple):
    """A list and the moment it was true at."""

    items: list[JsonObject]
    resource_version: str


class WatchEvent(NamedTuple):
    """One change: `ADDED`, `MODIFIED` or `DELETED`, and the object after (before) it."""

    type: str
    object: JsonObject


class KubeClient:
    """Speaks to one API server; close it, or use it as `async with`."""

    def __init__(self, endpoint: str, token: str, ca_file: Path) -> None:
        self._endpoint = endpoint
        self._token = token
        self._ca_file = ca_file
        self._opened: aiohttp.ClientSession | None = None

    @classmethod
    def of(cls, layout: Layout, secrets: Secrets) -> Self:
        """The client of a slot's API server."""
        return cls(layout.kube_endpoint, secrets.kube_token, layout.certificate_authority)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the client opens new ones when it is used again."""
        session, self._opened = self._opened, None
        if session is not None:
            await session.close()

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = JSON,
        *,
        params: Mapping[str, str] | None = None,
    ) -> tuple[int, JsonObject]:
        """One call; HTTP errors come back as the status and Kubernetes' `Status` object.

        Raises `KubeError` with status 0 when nothing answers.
        """
        status, text = await self._call(method, path, body, content_type, params)
        try:
            return status, JsonObject(json.loads(text))
        except (ValueError, TypeError):
            return status, {"message": text}

    async def text(self, path: str, *, params: Mapping[str, str] | None = None) -> tuple[int, str]:
        """A GET whose answer is no JSON: `/readyz`, a pod's log."""
        return await self._call("GET", path, None, JSON, params)

    async def list(self, path: str, params: Mapping[str, str] | None = None) -> KubeList:
        """The objects under `path`, each with `kind` and `apiVersion` (the server leaves them out).

        Raises `KubeError`.
        """
        status, answer = await self.request("GET", path, params=params)
        if status >= 400:
            raise KubeError(status, f"GET {path}: {answer.get('message', status)}")
        kind = str(answer.get("kind", "")).removesuffix("List")
        marks: JsonObject = {"apiVersion": answer.get("apiVersion"), "kind": kind}
        found: list[JsonObject] = answer.get("items") or []
        items = [{**marks, **item} for item in found]
        return KubeList(items, str(answer["metadata"].get("resourceVersion", "")))

    async def watch(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> AsyncGenerator[WatchEvent, None]:
        """ADDED for all that is there, then every change, without end.

        Connections that break are taken up again. After a gap, what went missing comes as DELETED.
        A path that is not served yet (its CRD is missing) counts as empty until it is.
        """
        known: dict[str, JsonObject] = {}
        while True:
            try:
                now = await self.list(path, params)
                for event in _differences(known, now.items):
                    yield _noted(known, event)
                version = now.resource_version
                while version:
                    async for event in self._stream(path, params, version):
                        version = _version(event.object)
                        if event.type == "ERROR":
                            # Too old to go on from (410): begin with a new list.
                            version = ""
                            break
                        if event.type != "BOOKMARK":
                            yield _noted(known, event)
            except KubeError as error:
                if error.status in {401, 403}:
                    raise
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(_RETRY_SECONDS)

    async def _stream(
        self, path: str, params: Mapping[str, str] | None, version: str
    ) -> AsyncGenerator[WatchEvent, None]:
        """The events of one connection; ends when the server closes it."""
        asked = {
            **(params or {}),
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        url = self._endpoint + path
        async with self._session().get(url, params=asked, timeout=_WATCH_TIMEOUT) as answer:
            if answer.status >= 400:
                raise KubeError(answer.status, f"watch {path}: {await answer.text()}")
            async for line in answer.content:
                event: JsonObject = json.loads(line)
                yield WatchEvent(str(event["type"]), event["object"])

    async def _call(
        self,
        method: str,
        path: str,
        body: object,
        content_type: str,
        params: Mapping[str, str] | None,
    ) -> tuple[int, str]:
        data = None if body is None else json.dumps(body)
        try:
            async with self._session().request(
                method,
                self._endpoint + path,
                data=data,
                params=params,
                headers={"Content-Type": content_type},
                timeout=_TIMEOUT,
            ) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise KubeError(0, f"{method} {self._endpoint}{path}: no answer ({error})") from error

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            trust = ssl.create_default_context(cafile=str(self._ca_file))
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trust, limit=0),
                headers={"Authorization": f"Bearer {self._token}"},
                read_bufsize=_LINE_LIMIT,
            )
        return self._opened


def _version(item: JsonObject) -> str:
    return str(item.get("metadata", {}).get("resourceVersion", ""))


def _key(item: JsonObject) -> str:
    metadata: JsonObject = item["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _noted(known: dict[str, JsonObject], event: WatchEvent) -> WatchEvent:
    """The event, after keeping in `known` what it says."""
    if event.type == "DELETED":
        known.pop(_key(event.object), None)
    else:
        known[_key(event.object)] = event.object
    return event


def _differences(known: Mapping[str, JsonObject], now: list[JsonObject]) -> list[WatchEvent]:
    """What happened between the last event and a new list."""
    there = {_key(item): item for item in now}
    gone = [WatchEvent("DELETED", item) for key, item in known.items() if key not in there]
    changed = [
        WatchEvent("MODIFIED" if key in known else "ADDED", item)
        for key, item in there.items()
        if key not in known or _version(known[key]) != _version(item)
    ]
    return gone + changed
