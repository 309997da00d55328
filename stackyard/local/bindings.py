"""Which pods a TargetGroupBinding puts into its target group, as the AWS controller picks; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stackyard.local.kube_json import child, children
from stackyard.local.wire import JsonObject

GATE_PREFIX = "target-health.elbv2.k8s.aws/"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A pod in a target group."""

    address: str
    port: int
    namespace: str
    pod: str
    uid: str
    gate: str
    """The pod condition that tells its health in the target group."""
    has_gate: bool
    gate_status: str
    """What the pod's status says of the gate now; empty when it says nothing."""


def bound_targets(
    *, bindings: Iterable[JsonObject], services: Iterable[JsonObject], pods: Iterable[JsonObject]
) -> dict[str, dict[str, Target]]:
    """Targets by target group ARN and address: pods of the Service whose containers are ready.

    Not the pod's own readiness: the gate is part of that and waits for the target to be healthy.
    """
    by_name = {(_namespace(s), str(s["metadata"]["name"])): s for s in services}
    in_service = [pod for pod in pods if _may_serve(pod)]
    found: dict[str, dict[str, Target]] = {}
    for binding in bindings:
        targets = found.setdefault(str(binding["spec"]["targetGroupARN"]), {})
        reference = child(binding, "spec", "serviceRef")
        service = by_name.get((_namespace(binding), str(reference.get("name"))))
        if service is None or "deletionTimestamp" in binding["metadata"]:
            continue
        selector: Mapping[str, str] = child(service, "spec", "selector")
        for pod in in_service:
            labels = child(pod, "metadata", "labels")
            if _namespace(pod) != _namespace(binding) or not selector:
                continue
            if any(labels.get(key) != value for key, value in selector.items()):
                continue
            port = target_port(service, reference.get("port"), pod)
            if port is not None:
                target = _target(binding, pod, port)
                targets[target.address] = target
    return found


def target_port(service: JsonObject, wanted: object, pod: JsonObject) -> int | None:
    """The container port behind a Service's port, given by number or name; none if it has none."""
    for port in children(child(service, "spec"), "ports"):
        if wanted not in {port.get("port"), port.get("name")}:
            continue
        aim: int | str = port.get("targetPort") or port["port"]
        if isinstance(aim, int) or str(aim).isdecimal():
            return int(aim)
        for container in children(child(pod, "spec"), "containers"):
            for named in children(container, "ports"):
                if named.get("name") == aim:
                    return int(named["containerPort"])
    return None


def gate_patch(target: Target, *, healthy: bool, now: str, reason: str) -> JsonObject:
    """A strategic merge patch of the pod's status that says the gate; refused for another pod."""
    condition = {
        "type": target.gate,
        "status": "True" if healthy else "False",
        "lastTransitionTime": now,
        **({"reason": reason} if reason else {}),
    }
    return {"metadata": {"uid": target.uid}, "status": {"conditions": [condition]}}


def _target(binding: JsonObject, pod: JsonObject, port: int) -> Target:
    gate = GATE_PREFIX + str(binding["metadata"]["name"])
    conditions = _conditions(pod)
    return Target(
        address=str(pod["status"]["podIP"]),
        port=port,
        namespace=_namespace(pod),
        pod=str(pod["metadata"]["name"]),
        uid=str(pod["metadata"]["uid"]),
        gate=gate,
        has_gate=any(
            g.get("conditionType") == gate for g in children(child(pod, "spec"), "readinessGates")
        ),
        gate_status=conditions.get(gate, ""),
    )


def _may_serve(pod: JsonObject) -> bool:
    return (
        "deletionTimestamp" not in pod["metadata"]
        and bool(child(pod, "status").get("podIP"))
        and _conditions(pod).get("ContainersReady") == "True"
    )


def _conditions(pod: JsonObject) -> dict[str, str]:
    listed = children(child(pod, "status"), "conditions")
    return {str(c["type"]): str(c["status"]) for c in listed}


def _namespace(item: JsonObject) -> str:
    return str(item["metadata"].get("namespace", ""))
