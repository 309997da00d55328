"""A node without processes: pods bound to it run at once, so that real controllers roll out."""

import datetime as dt
import threading
from contextlib import suppress

from stackyard.errors import StackyardError
from stackyard.local.kube_json import child, children
from stackyard.local.kubernetes.rest import ApiError, KubeApi
from stackyard.local.wire import JsonObject

NAME = "hollow"
FAILS, REFUSES, MISSING = "fails", "refuses", "missing"
"""Images: containers that end with exit code 1, with 65; an image that cannot be pulled."""
POLL_SECONDS = 0.1
LEASE_SECONDS = 10.0

_MERGE = {"Content-Type": "application/merge-patch+json"}
_CAPACITY = {"cpu": "64", "memory": "64Gi", "pods": "500", "ephemeral-storage": "64Gi"}


class HollowNode:
    """Registers a Node and says of its pods what a kubelet would; in a thread."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hollow-node", daemon=True)
        self._addresses = 0

    def start(self) -> None:
        metadata = {"name": NAME, "labels": {"topology.kubernetes.io/zone": "us-east-1a"}}
        self._api.call("POST", "/api/v1/nodes", {"metadata": metadata})
        self._say_ready()
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        lease = dt.datetime.now(dt.UTC)
        while not self._end.wait(POLL_SECONDS):
            with suppress(StackyardError):
                if (dt.datetime.now(dt.UTC) - lease).total_seconds() > LEASE_SECONDS:
                    lease = dt.datetime.now(dt.UTC)
                    self._say_ready()
                for pod in self._api.items("/api/v1/pods", fieldSelector=f"spec.nodeName={NAME}"):
                    self._tend(pod)

    def _say_ready(self) -> None:
        status = {
            "capacity": _CAPACITY,
            "allocatable": _CAPACITY,
            "conditions": [
                _condition("Ready", "True", "KubeletReady") | {"lastHeartbeatTime": _now()}
            ],
        }
        self._api.call("PATCH", f"/api/v1/nodes/{NAME}/status", {"status": status}, headers=_MERGE)

    def _tend(self, pod: JsonObject) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        with suppress(ApiError):
            if metadata.get("deletionTimestamp"):
                self._api.call("DELETE", path, {"gracePeriodSeconds": 0})
            elif child(pod, "status").get("phase") == "Pending" and not _told(pod):
                self._addresses += 1
                address = f"127.99.{self._addresses // 250}.{self._addresses % 250 + 1}"
                status = {"status": _status(pod, address)}
                self._api.call("PATCH", f"{path}/status", status, headers=_MERGE)


def _told(pod: JsonObject) -> bool:
    return bool(children(child(pod, "status"), "containerStatuses"))


def _status(pod: JsonObject, address: str) -> JsonObject:
    images = {c["name"]: c["image"] for c in pod["spec"]["containers"]}
    finite = pod["spec"].get("restartPolicy", "Always") != "Always"
    if MISSING in images.values():
        phase, state = "Pending", _waiting()
    elif FAILS in images.values():
        phase, state = "Failed", _ended(1, "Error")
    elif REFUSES in images.values():
        phase, state = "Failed", _ended(65, "Error")
    elif finite:
        phase, state = "Succeeded", _ended(0, "Completed")
    else:
        phase, state = "Running", {"running": {"startedAt": _now()}}
    ready = phase == "Running"
    gates = [g["conditionType"] for g in children(pod["spec"], "readinessGates")]
    conditions = [
        _condition(name, str(ready), "HollowNode")
        for name in ("Initialized", "ContainersReady", "Ready", *gates)
    ]
    containers = [
        {
            "name": name,
            "image": image,
            "imageID": image,
            "ready": ready,
            "started": ready,
            "restartCount": 0,
            "state": state,
        }
        for name, image in images.items()
    ]
    return {
        "phase": phase,
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": _now(),
        "conditions": [*children(child(pod, "status"), "conditions"), *conditions],
        "containerStatuses": containers,
    }


def _waiting() -> JsonObject:
    return {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}


def _ended(code: int, reason: str) -> JsonObject:
    at = _now()
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": at, "finishedAt": at}}


def _condition(kind: str, status: str, reason: str) -> JsonObject:
    return {"type": kind, "status": status, "reason": reason, "lastTransitionTime": _now()}


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
