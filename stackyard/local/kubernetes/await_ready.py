"""Waiting for an object as pulumi-kubernetes does: rolled out, complete, established, gone."""

import threading
import time
from collections.abc import Callable

from stackyard.errors import StackyardError
from stackyard.local.kube_json import child, children
from stackyard.local.kubernetes.kinds import Kind
from stackyard.local.kubernetes.pods import complaints, selector
from stackyard.local.kubernetes.rest import KubeApi
from stackyard.local.wire import JsonObject

SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"

DEFAULT_SECONDS = 600.0
"""pulumi-kubernetes' own for all kinds awaited here but Pod (300)."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5


class WaitError(StackyardError):
    """The object did not become what was waited for."""


class Waits:
    """The waits of one provider; `cancel` ends them all."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End every wait with an error that says so."""
        self._cancelled.set()

    def ready(self, kind: Kind, applied: JsonObject, *, timeout: float) -> JsonObject:
        """The object once it is ready; kinds that are not awaited come back at once.

        `timeout` in seconds goes before the annotation, 0 gives way to it. Raises `WaitError`
        with the reasons of the object's pods.
        """
        check = _CHECKS.get(_key(kind))
        annotations = child(applied, "metadata", "annotations")
        if check is None or annotations.get(SKIP) == "true":
            return applied
        path = kind.path(applied["metadata"])
        newest = applied
        pending = ""

        def arrived() -> bool:
            nonlocal newest, pending
            found = self._api.find(path)
            if found is None:
                raise WaitError(f"{_named(kind, applied)} was deleted while it was awaited")
            newest, pending = found, check(self._api, found)
            return not pending

        seconds = seconds_of(annotations, timeout)
        if not self._until(arrived, seconds):
            raise WaitError(
                f"{_named(kind, applied)} was not ready after {seconds:g} s: {pending}; "
                f"look at it: kubectl describe {kind.plural} {applied['metadata']['name']}"
            )
        return newest

    def is_ready(self, kind: Kind, found: JsonObject) -> bool:
        """Whether nothing would be waited for."""
        check = _CHECKS.get(_key(kind))
        try:
            return check is None or not check(self._api, found)
        except WaitError:
            return False

    def gone(self, kind: Kind, deleted: JsonObject, *, timeout: float) -> None:
        """Until that very object is gone. Raises `WaitError` after `timeout` seconds."""
        path, uid = kind.path(deleted["metadata"]), deleted["metadata"].get("uid")
        left: JsonObject | None = None

        def is_gone() -> bool:
            nonlocal left
            left = self._api.find(path)
            return left is None or left["metadata"].get("uid") != uid

        if not self._until(is_gone, timeout) and left is not None:
            held = left["metadata"].get("finalizers") or []
            said = [c["message"] for c in children(child(left, "status"), "conditions")]
            raise WaitError(
                f"{_named(kind, left)} is still there {timeout:g} s after its deletion; "
                f"finalizers: {held}; {' '.join(said)}"
            )

    def _until(self, arrived: Callable[[], bool], seconds: float) -> bool:
        end, pause = time.monotonic() + seconds, FIRST_PAUSE
        while not arrived():
            if time.monotonic() >= end:
                return False
            if self._cancelled.wait(pause):
                raise WaitError("the wait was cancelled")
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return True


def seconds_of(annotations: JsonObject, timeout: float) -> float:
    """Seconds to wait: the resource option, else the annotation, else the default."""
    return timeout or float(annotations.get(TIMEOUT) or DEFAULT_SECONDS)


def _key(kind: Kind) -> tuple[str, str]:
    return kind.api_version.rpartition("/")[0], kind.name


def _named(kind: Kind, found: JsonObject) -> str:
    metadata = found["metadata"]
    inside = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{kind.name} {inside}{metadata['name']}"


_JOB_FAILURES = ("BackoffLimitExceeded", "DeadlineExceeded")
"""Those that pulumi-kubernetes knows (provider/pkg/await/checker/job); it waits on for others."""

# Each check says what the object still lacks, "" if nothing; a WaitError ends the wait.


def _deployment(api: KubeApi, found: JsonObject) -> str:
    status, spec = child(found, "status"), child(found, "spec")
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return "the Deployment controller has not seen it"
    conditions = _conditions(found)
    wanted = spec.get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    progressing = conditions.get("Progressing", {})
    rolled_out = progressing.get("reason") == "NewReplicaSetAvailable"
    is_available = conditions.get("Available", {}).get("status") == "True"
    if is_available and rolled_out and updated >= wanted:
        return ""
    why = f"{updated} of {wanted} pods are of the new revision, {available} available"
    if progressing.get("status") == "False":
        why += f"; {progressing.get('reason')}: {progressing.get('message')}"
    return "; ".join([why, *complaints(api, found)])


def _stateful_set(api: KubeApi, found: JsonObject) -> str:
    status, wanted = child(found, "status"), child(found, "spec").get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= found["metadata"].get("generation", 0)
    current = status.get("currentRevision") == status.get("updateRevision")
    ready = status.get("readyReplicas", 0)
    if seen and current and ready >= wanted:
        return ""
    return "; ".join([f"{ready} of {wanted} pods are ready", *complaints(api, found)])


def _daemon_set(api: KubeApi, found: JsonObject) -> str:
    status = child(found, "status")
    seen = status.get("observedGeneration", 0) >= found["metadata"].get("generation", 0)
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    if seen and updated >= wanted and available >= wanted:
        return ""
    return "; ".join([f"{available} of {wanted} pods are available", *complaints(api, found)])


def _job(api: KubeApi, found: JsonObject) -> str:
    conditions = _conditions(found)
    failed = conditions.get("Failed", {})
    if failed.get("status") == "True" and failed.get("reason") in _JOB_FAILURES:
        why = f"{failed.get('reason')}: {failed.get('message')}"
        named = f"{found['metadata'].get('namespace')}/{found['metadata']['name']}"
        raise WaitError("; ".join([f"Job {named} failed: {why}", *complaints(api, found)]))
    if conditions.get("Complete", {}).get("status") == "True":
        return ""
    return "; ".join([f"{child(found, 'status').get('active', 0)} active", *complaints(api, found)])


def _pod(api: KubeApi, found: JsonObject) -> str:
    done = child(found, "status").get("phase") == "Succeeded"
    if done or _conditions(found).get("Ready", {}).get("status") == "True":
        return ""
    return "; ".join(["it is not Ready", *complaints(api, found)])


def _service(api: KubeApi, found: JsonObject) -> str:
    """A selecting Service wants a pod with an address; a load balancer wants its own."""
    spec = child(found, "spec")
    balanced = spec.get("type") == "LoadBalancer"
    if balanced and not child(found, "status", "loadBalancer").get("ingress"):
        return "it was given no load balancer"
    if not selector(found) or spec.get("clusterIP") == "None" or spec.get("type") == "ExternalName":
        return ""
    pods = f"/api/v1/namespaces/{found['metadata']['namespace']}/pods"
    # The embedded cloud runs no endpoint controllers: slices refuse loopback addresses.
    chosen = api.items(pods, labelSelector=selector(found))
    if any(child(pod, "status").get("podIP") for pod in chosen):
        return ""
    return f"no pod with labels {selector(found)} has an address"


def _custom_resource_definition(api: KubeApi, found: JsonObject) -> str:
    """Established, and listed by discovery: that lags behind by a second at most."""
    if _conditions(found).get("Established", {}).get("status") != "True":
        return "it is not Established"
    spec = child(found, "spec")
    for version in (v["name"] for v in children(spec, "versions") if v["served"]):
        served = api.find(f"/apis/{spec['group']}/{version}") or {}
        if all(r["kind"] != spec["names"]["kind"] for r in children(served, "resources")):
            return f"version {version} is not served yet"
    return ""


def _conditions(found: JsonObject) -> dict[str, JsonObject]:
    return {c["type"]: c for c in children(child(found, "status"), "conditions")}


_CHECKS: dict[tuple[str, str], Callable[[KubeApi, JsonObject], str]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _custom_resource_definition,
}
