"""Pools from which Karpenter makes nodes, and EKS Auto Mode, which is Karpenter run by AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from stacks.cluster_settings import ClusterSettings
from stacks.node_shares import Share, node_shares

LIFETIME = "336h"
"""Two weeks, then a node is replaced by one of the newest image; EKS allows Auto Mode three."""
LONGEST_DRAIN = "15m"
"""Then a node goes whatever its pods say: more than the longest grace of the API's pods (release.
drainSeconds), and the end of a teardown in which no other node takes them."""
DELETE_MINUTES = "30m"


@dataclass(frozen=True, kw_only=True)
class NodeClass:
    """The kind that says what a pool's machines are: Karpenter's own, or Auto Mode's."""

    api_version: str
    kind: str
    spec: Mapping[str, pulumi.Input[Any]]


@dataclass(frozen=True, kw_only=True)
class NodePoolsArgs:
    """How many nodes there may be, what they are, and who makes them."""

    settings: ClusterSettings
    node_class: NodeClass
    after: Sequence[pulumi.Resource]
    """Who makes nodes: there before a pool, and until its nodes are gone."""


def make_node_pools(
    name: str, args: NodePoolsArgs, *, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """A class and its pools.

    None goes with the cluster: EKS would leave their machines running, and nobody would know them.
    """
    made = args.node_class
    node_class = kubernetes.apiextensions.CustomResource(
        name,
        api_version=made.api_version,
        kind=made.kind,
        spec=dict(made.spec),
        opts=_opts(parent, *args.after),
    )
    reference = {
        "group": made.api_version.partition("/")[0],
        "kind": made.kind,
        # Of what stands in no namespace, the id is the name.
        "name": node_class.id,
    }
    return [
        kubernetes.apiextensions.CustomResource(
            f"{name}-{share.capacity_type}",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            spec=_pool(args.settings, share, reference),
            opts=_opts(parent, *args.after, node_class),
        )
        for share in node_shares(args.settings).pools
    ]


def _opts(parent: pulumi.Resource, *after: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        parent=parent,
        depends_on=list(after),
        custom_timeouts=pulumi.CustomTimeouts(delete=DELETE_MINUTES),
    )


def _pool(
    settings: ClusterSettings, share: Share, reference: Mapping[str, pulumi.Input[str]]
) -> dict[str, Any]:
    wanted = {
        "kubernetes.io/arch": ["arm64"],
        "kubernetes.io/os": ["linux"],
        "karpenter.sh/capacity-type": [share.capacity_type],
        "node.kubernetes.io/instance-type": list(settings.instance_types),
    }
    return {
        "template": {
            "spec": {
                "nodeClassRef": reference,
                "requirements": [
                    {"key": key, "operator": "In", "values": values}
                    for key, values in wanted.items()
                ],
                "expireAfter": LIFETIME,
                "terminationGracePeriod": LONGEST_DRAIN,
            }
        },
        "limits": {"nodes": str(share.most)},
        # Spot first, where there may be any.
        "weight": 10 if share.capacity_type == "spot" else 1,
        "disruption": {
            "consolidationPolicy": "WhenEmptyOrUnderutilized",
            "consolidateAfter": "5m",
            "budgets": [{"nodes": "1"}],
        },
    }
