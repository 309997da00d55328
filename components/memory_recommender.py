"""Vertical Pod Autoscaler, its recommender alone: it says what memory pods need."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components._chart import ChartArgs, chart_release

CHART = "vertical-pod-autoscaler"
REPOSITORY = "https://kubernetes.github.io/autoscaler"


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
        chart = ChartArgs(
            chart=CHART,
            source=REPOSITORY,
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
            cluster=args.cluster,
            after=args.ready,
        )
        self.release = chart_release(name, chart, parent=self)
        """Brings the kind that the workload asks by."""
        self.register_outputs({})
