"""Events on pods, as a kubelet records them: sent in the background, repeats counted."""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Literal

from stackyard.local.kube_client import MERGE_PATCH, KubeClient, KubeError
from stackyard.local.kube_json import child, timestamp
from stackyard.local.wire import JsonObject

EventType = Literal["Normal", "Warning"]
REPEAT_SECONDS = 10.0
"""A repeat within this time after the last one sent is only counted."""
_WAITING_EVENTS = 1000
_KNOWN_EVENTS = 2000

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Seen:
    path: str | None
    """Of the event in the API; None while it is not sent yet."""
    count: int
    sent_at: float


@dataclass(frozen=True, kw_only=True)
class _Told:
    pod: JsonObject
    type: EventType
    reason: str
    message: str

    @property
    def key(self) -> tuple[str, str, str]:
        return child(self.pod, "metadata").get("uid", ""), self.reason, self.message


class PodEvents:
    """Takes events at once and writes them when the API server has time for them."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._queue: asyncio.Queue[_Told] = asyncio.Queue(_WAITING_EVENTS)
        self._seen: dict[tuple[str, str, str], _Seen] = {}

    def record(self, pod: JsonObject, kind: EventType, reason: str, message: str) -> None:
        """Note an event; beyond a thousand waiting ones it is dropped, as a kubelet drops them."""
        try:
            self._queue.put_nowait(_Told(pod=pod, type=kind, reason=reason, message=message))
        except asyncio.QueueFull:
            _log.warning("event dropped: %s %s", reason, message)

    async def run(self) -> None:
        """Write what is recorded, without end."""
        while True:
            told = await self._queue.get()
            try:
                await self._write(told)
            except KubeError as error:
                _log.warning("event not written: %s: %s", told.reason, error)

    async def _write(self, told: _Told) -> None:
        seen = self._seen.get(told.key)
        if seen is None:
            self._forget_old()
            seen = self._seen[told.key] = _Seen(path=None, count=1, sent_at=time.monotonic())
            seen.path = await self._create(told)
            return
        seen.count += 1
        if seen.path is None or time.monotonic() - seen.sent_at < REPEAT_SECONDS:
            return
        seen.sent_at = time.monotonic()
        body = {"count": seen.count, "lastTimestamp": timestamp()}
        await self._kube.request("PATCH", seen.path, body, MERGE_PATCH)

    async def _create(self, told: _Told) -> str | None:
        metadata = told.pod["metadata"]
        now = timestamp()
        path = f"/api/v1/namespaces/{metadata['namespace']}/events"
        status, made = await self._kube.request(
            "POST",
            path,
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"generateName": f"{metadata['name']}."},
                "involvedObject": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "name": metadata["name"],
                    "namespace": metadata["namespace"],
                    "uid": metadata["uid"],
                },
                "type": told.type,
                "reason": told.reason,
                "message": told.message[:1024],
                "source": {"component": "kubelet", "host": told.pod["spec"].get("nodeName")},
                "firstTimestamp": now,
                "lastTimestamp": now,
                "count": 1,
            },
        )
        # A namespace that is going takes no new events.
        return f"{path}/{made['metadata']['name']}" if status == 201 else None

    def _forget_old(self) -> None:
        while len(self._seen) >= _KNOWN_EVENTS:
            del self._seen[next(iter(self._seen))]
