"""Nodes of EKS Auto Mode: their class and pools, and the switch for network policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components._node_pools import NodeClass, NodePoolsArgs, make_node_pools
from components._nodes import ROOT_GIB
from stacks.cluster_settings import ClusterSettings

POLICY_SWITCH = {"enable-network-policy-controller": "true"}
"""Without it Auto Mode takes NetworkPolicies and enforces none (EKS user guide, "Use Network
Policies with EKS Auto Mode")."""


@dataclass(frozen=True, kw_only=True)
class AutoNodesArgs:
    """The cluster that makes them and what they wear."""

    cluster: pulumi.Resource
    """What is inside goes with it, but for what has machines."""
    role_name: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """Without which no node may join."""
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]
    """Of instances and volumes, which inherit none of the provider's."""
    settings: ClusterSettings


class AutoNodes(pulumi.ComponentResource):
    """A class of one's own: EKS's built-in pools are of another processor and wear no app group."""

    def __init__(
        self, name: str, args: AutoNodesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:AutoNodes", name, None, opts)
        kubernetes.core.v1.ConfigMap(
            name,
            metadata={"name": "amazon-vpc-cni", "namespace": "kube-system"},
            data=POLICY_SWITCH,
            opts=pulumi.ResourceOptions(parent=self, deleted_with=args.cluster),
        )
        self.pools = make_node_pools(
            name,
            NodePoolsArgs(settings=args.settings, node_class=_class(args), after=args.ready),
            parent=self,
        )
        """What pods wait for."""
        self.register_outputs({})


def _class(args: AutoNodesArgs) -> NodeClass:
    return NodeClass(
        api_version="eks.amazonaws.com/v1",
        kind="NodeClass",
        spec={
            "role": args.role_name,
            "subnetSelectorTerms": pulumi.Output.from_input(args.subnet_ids).apply(
                lambda ids: [{"id": one} for one in ids]
            ),
            "securityGroupSelectorTerms": [{"id": one} for one in args.security_group_ids],
            "networkPolicy": "DefaultAllow",
            "ephemeralStorage": {"size": f"{ROOT_GIB}Gi"},
            "tags": dict(args.tags),
        },
    )
