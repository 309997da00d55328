"""Specs of a slot round its pods: how they are replaced, how many there are."""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from stacks.settings import AppSettings


def rollout(
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


def scaling(
    settings: AppSettings, deployment: pulumi.Input[str]
) -> kubernetes.autoscaling.v2.HorizontalPodAutoscalerSpecArgsDict:
    """By CPU alone: memory is a mean over the pods, so it never saves the one that runs out."""
    return {
        "scale_target_ref": {"api_version": "apps/v1", "kind": "Deployment", "name": deployment},
        "min_replicas": settings.min_replicas,
        "max_replicas": settings.max_replicas,
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
