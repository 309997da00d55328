"""Vertical Pod Autoscaler, its recommender alone: it says what memory pods need."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from stacks.addons import CHART_VERSIONS

CHART = "vertical-pod-autoscaler"
REPOSITORY = "https://kubernetes.github.io/autoscaler"
NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class MemoryRecommenderArgs:
    """The cluster it runs in."""

    cluster: pulumi.Resource
    """What is inside goes with it: a full destroy sends no delete for any of it."""
    ready: Sequence[pulumi.Resource]
    """What its pods need: nodes, and metrics-server, whose figures it reads."""


class MemoryRecommender(pulumi.ComponentResource):
    """Without updater and admission webhook, which would evict pods and change new ones."""

    def __init__(
        self, name: str, args: MemoryRecommenderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:MemoryRecommender", name, None, opts)
        self.release = kubernetes.helm.v3.Release(
            name,
            chart=CHART,
            version=CHART_VERSIONS[CHART],
            namespace=NAMESPACE,
            repository_opts={"repo": REPOSITORY},
            # The name is the chart's own: what it makes cluster-wide carries it.
            name=CHART,
            atomic=True,
            timeout=300,
            values={
                "updater": {"enabled": False},
                "admissionController": {"enabled": False},
                "recommender": {
                    "replicas": 1,
                    "podDisruptionBudget": {"enabled": False},
                    "resources": {
                        "requests": {"cpu": "50m", "memory": "256Mi"},
                        "limits": {"memory": "512Mi"},
                    },
                },
            },
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=list(args.ready), deleted_with=args.cluster
            ),
        )
        """Brings the kind that the workload asks by."""
        self.register_outputs({})
