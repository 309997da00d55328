"""A slot's pods: what a release says of them, how they are replaced, how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
import pulumi_kubernetes as kubernetes

from components._kubernetes import API_LABELS, SLOT_LABEL
from components._place import Place, name_of
from components._pod import PodArgs, api_pod
from stacks.settings import AppSettings


@dataclass(frozen=True, kw_only=True)
class SlotArgs:
    """The pods of one slot."""

    slot: str
    """blue or green."""
    image: str
    """By digest."""
    min_replicas: int
    """Fewest pods; a candidate has no fewer than the version whose place it takes."""
    ready_seconds: int
    """Time that its pods may take to be ready, before the update fails."""
    kept: bool = False
    """Its pods stay as they are, whatever the settings say of pods by now."""


def slot_pods(
    place: Place, slot: SlotArgs, pods: PodArgs, *, after: Sequence[pulumi.Resource]
) -> kubernetes.apps.v1.Deployment:
    """Pods of one slot, how many, and how many may go at once."""
    settings = pods.settings.model_copy(update={"image": slot.image})
    name, labels = f"{place.name}-{slot.slot}", {**API_LABELS, SLOT_LABEL: slot.slot}
    opts = place.opts(*after)
    opts.ignore_changes = ["spec"] if slot.kept else None
    deployment = kubernetes.apps.v1.Deployment(
        name,
        metadata={
            "namespace": place.namespace,
            "labels": labels,
            # Not `progressDeadlineSeconds`: Pulumi waits on when that is over.
            "annotations": {"pulumi.com/timeoutSeconds": str(slot.ready_seconds)},
        },
        spec=_rollout(labels, api_pod(replace(pods, settings=settings), slot=slot.slot)),
        opts=opts,
    )
    kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        metadata={"namespace": place.namespace},
        spec=_scaling(settings, slot.min_replicas, name_of(deployment)),
        opts=place.opts(),
    )
    kubernetes.policy.v1.PodDisruptionBudget(
        name,
        metadata={"namespace": place.namespace},
        spec={"selector": {"match_labels": labels}, "max_unavailable": 1},
        opts=place.opts(),
    )
    return deployment


def recommend_memory(
    place: Place, slot: str, deployment: kubernetes.apps.v1.Deployment, *, after: pulumi.Resource
) -> None:
    """Ask what memory the pods need; the answer stands in the object's status, and changes none."""
    kubernetes.apiextensions.CustomResource(
        f"{place.name}-{slot}-memory",
        api_version="autoscaling.k8s.io/v1",
        kind="VerticalPodAutoscaler",
        metadata={"namespace": place.namespace},
        spec={
            "targetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": name_of(deployment),
            },
            "updatePolicy": {"updateMode": "Off"},
            "resourcePolicy": {
                "containerPolicies": [{"containerName": "*", "controlledResources": ["memory"]}]
            },
        },
        opts=place.opts(after),
    )


def _rollout(
    labels: Mapping[str, str], template: kubernetes.core.v1.PodTemplateSpecArgsDict
) -> kubernetes.apps.v1.DeploymentSpecArgsDict:
    """One new pod at a time before an old one goes; no `replicas`: they are the autoscaler's."""
    return {
        "selector": {"match_labels": dict(labels)},
        "strategy": {
            "type": "RollingUpdate",
            "rolling_update": {"max_unavailable": 0, "max_surge": 1},
        },
        "revision_history_limit": 2,
        "template": template,
    }


def _scaling(
    settings: AppSettings, min_replicas: int, deployment: pulumi.Input[str]
) -> kubernetes.autoscaling.v2.HorizontalPodAutoscalerSpecArgsDict:
    """By CPU alone: memory is a mean over the pods, so it never saves the one that runs out."""
    return {
        "scale_target_ref": {"api_version": "apps/v1", "kind": "Deployment", "name": deployment},
        "min_replicas": min_replicas,
        "max_replicas": max(min_replicas, settings.max_replicas),
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {
                        "type": "Utilization",
                        "average_utilization": settings.cpu_target_percent,
                    },
                },
            }
        ],
    }
