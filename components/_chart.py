"""Charts in the cluster: pinned, whole or not at all, gone with the cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from stacks.addons import CHART_VERSIONS

NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class ChartArgs:
    """A chart, and what it is told."""

    chart: str
    source: str
    """Its repository, or the folder of a registry in which it lies (oci://…/)."""
    values: Mapping[str, pulumi.Input[object]]
    cluster: pulumi.Resource
    """What is inside goes with it: a full destroy sends no delete for any of it."""
    after: Sequence[pulumi.Resource]
    skip_crds: bool | None = None


def chart_release(
    name: str, args: ChartArgs, *, parent: pulumi.Resource
) -> kubernetes.helm.v3.Release:
    """The chart in the version that the project pins."""
    in_registry = args.source.startswith("oci://")
    return kubernetes.helm.v3.Release(
        name,
        chart=f"{args.source}{args.chart}" if in_registry else args.chart,
        version=CHART_VERSIONS[args.chart],
        namespace=NAMESPACE,
        repository_opts=None if in_registry else {"repo": args.source},
        # The name is the chart's own: what it makes cluster-wide carries it.
        name=args.chart,
        atomic=True,
        timeout=300,
        skip_crds=args.skip_crds,
        values=dict(args.values),
        opts=pulumi.ResourceOptions(
            parent=parent, depends_on=list(args.after), deleted_with=args.cluster
        ),
    )
