"""Nodes as the Kubernetes API holds them: one a zone, labelled as the node groups say; pure."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field

from stackyard.local.layout import KUBELET_PORT
from stackyard.local.wire import JsonObject

KUBELET_VERSION = "v1.36.3"
LEASE_SECONDS = 40
RESOURCES = {"cpu": "16", "memory": "32Gi", "pods": "110", "ephemeral-storage": "50Gi"}
"""The same for every node, whatever the machine has: a rehearsal should not fail for room."""
_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
    "NO_EXECUTE": "NoExecute",
}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, kw_only=True)
class NodeGroup:
    """One of EKS's managed node groups, as far as its nodes show it."""

    name: str
    cluster: str
    zones: tuple[str, ...]
    """Availability zones of its subnets."""
    labels: dict[str, str] = field(default_factory=dict[str, str])
    taints: tuple[tuple[str, str, str], ...] = ()
    """Key, value and effect, the effect in EKS's spelling."""
    ami_type: str = ""
    instance_type: str = ""
    capacity_type: str = "ON_DEMAND"


@dataclass(frozen=True, kw_only=True)
class NodePlan:
    """A node that should be there."""

    name: str
    labels: dict[str, str]
    taints: tuple[tuple[str, str, str], ...]


def node_plans(groups: Sequence[NodeGroup]) -> list[NodePlan]:
    """One node a zone; where groups share a zone, the node is of the first by name."""
    plans: dict[str, NodePlan] = {}
    for group in sorted(groups, key=lambda g: g.name):
        for zone in group.zones:
            if zone not in plans:
                plans[zone] = _plan(group, zone)
    return [plans[zone] for zone in sorted(plans)]


def _plan(group: NodeGroup, zone: str) -> NodePlan:
    name = f"node-{zone[-1]}"
    # The stack's own word for the architecture: its pods may select nodes by it.
    machine = platform.machine()
    arch = "arm64" if "ARM" in group.ami_type.upper() else _ARCHITECTURES.get(machine, machine)
    if group.ami_type and arch != "arm64":
        arch = "amd64"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": arch,
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": zone[:-1],
        "eks.amazonaws.com/nodegroup": group.name,
        "eks.amazonaws.com/capacityType": group.capacity_type,
        **(
            {"node.kubernetes.io/instance-type": group.instance_type} if group.instance_type else {}
        ),
    }
    return NodePlan(name=name, labels={**group.labels, **labels}, taints=group.taints)


def node_object(plan: NodePlan) -> JsonObject:
    """The Node to register."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": plan.name, "labels": plan.labels},
        "spec": {
            "providerID": f"aws:///{plan.labels['topology.kubernetes.io/zone']}/{plan.name}",
            "taints": [
                {"key": key, "value": value, "effect": _EFFECTS.get(effect, effect)}
                for key, value, effect in plan.taints
            ],
        },
    }


def node_status(plan: NodePlan, *, address: str, ready_since: str, now: str) -> JsonObject:
    """The status that a kubelet would report."""
    conditions = [
        ("Ready", "True", "KubeletReady", "the node starts processes"),
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "not measured"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "not measured"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "not measured"),
    ]
    return {
        "capacity": RESOURCES,
        "allocatable": RESOURCES,
        "addresses": [
            {"type": "InternalIP", "address": address},
            {"type": "Hostname", "address": plan.name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": ready_since,
            }
            for kind, status, reason, message in conditions
        ],
        "nodeInfo": {
            "kubeletVersion": KUBELET_VERSION,
            "kubeProxyVersion": "",
            "containerRuntimeVersion": "process://1",
            "operatingSystem": "linux",
            "architecture": plan.labels["kubernetes.io/arch"],
            "osImage": "Stackyard",
            "kernelVersion": platform.release(),
            "machineID": plan.name,
            "systemUUID": plan.name,
            "bootID": ready_since,
        },
    }


def lease_object(name: str, *, now: str) -> JsonObject:
    """The Lease by which the control plane sees that the node lives."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now},
    }
