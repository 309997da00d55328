"""Versions of EKS add-ons and Helm charts that go with each Kubernetes version, in one table.

Add-ons: pins of August to November 2026 in public stacks that pin what `aws eks
describe-addon-versions --kubernetes-version <minor>` had answered them; ask it again before a bump,
since AWS retires old builds. Charts: their projects' releases up to October 2026.
"""

from typing import NamedTuple

CHECKED = "2026-11-29"
"""Day on which the table was last held against its sources."""


class AddonVersions(NamedTuple):
    """One version of every add-on; they move together."""

    vpc_cni: str
    kube_proxy: str
    pod_identity_agent: str
    coredns: str
    metrics_server: str
    cloudwatch_observability: str
    secrets_driver: str


_CNI, _POD_IDENTITY = "v1.22.4-eksbuild.3", "v1.3.10-eksbuild.3"
_OBSERVABILITY, _SECRETS_DRIVER = "v6.4.0-eksbuild.1", "v3.1.3-eksbuild.1"
"""Builds of these four serve every minor version in the table."""

ADDON_VERSIONS = {
    "1.34": AddonVersions(
        vpc_cni=_CNI,
        kube_proxy="v1.34.6-eksbuild.21",
        pod_identity_agent=_POD_IDENTITY,
        coredns="v1.12.4-eksbuild.29",
        metrics_server="v0.9.0-eksbuild.7",
        cloudwatch_observability=_OBSERVABILITY,
        secrets_driver=_SECRETS_DRIVER,
    ),
    "1.35": AddonVersions(
        vpc_cni=_CNI,
        kube_proxy="v1.35.3-eksbuild.21",
        pod_identity_agent=_POD_IDENTITY,
        coredns="v1.13.2-eksbuild.21",
        metrics_server="v0.9.0-eksbuild.7",
        cloudwatch_observability=_OBSERVABILITY,
        secrets_driver=_SECRETS_DRIVER,
    ),
    "1.36": AddonVersions(
        vpc_cni=_CNI,
        kube_proxy="v1.36.0-eksbuild.25",
        pod_identity_agent=_POD_IDENTITY,
        coredns="v1.14.3-eksbuild.23",
        metrics_server="v0.9.0-eksbuild.11",
        cloudwatch_observability=_OBSERVABILITY,
        secrets_driver=_SECRETS_DRIVER,
    ),
}
"""By `cluster.version`, one for each in `SUPPORTED_CLUSTER_VERSIONS`."""

CHART_VERSIONS = {
    # Chart and controller share their version since 3.0 (its Chart.yaml, 2026-08).
    "aws-load-balancer-controller": "3.5.0",
    # Both charts carry Karpenter's own version (release of 2026-10-10).
    "karpenter-crd": "1.15.0",
    "karpenter": "1.15.0",
    # kubernetes/autoscaler's own chart (release of 2026-09).
    "vertical-pod-autoscaler": "0.13.0",
}
"""By the chart's name; each serves every Kubernetes version of the table."""


def version_step_problem(present: str, wanted: str) -> str | None:
    """Why EKS would refuse to go from one minor version to another; None where it goes.

    A control plane goes up by one minor version at a time and never down (EKS user guide, "Update
    existing cluster to new Kubernetes version").
    """
    step = _minor(wanted) - _minor(present)
    if step in (0, 1):
        return None
    if step < 0:
        return (
            f"cluster.version: {wanted} is below {present}, which the cluster runs; EKS goes back"
            f" to none; set {present}"
        )
    return (
        f"cluster.version: {wanted} is {step} minor versions above {present}, which the cluster"
        f" runs; EKS takes one at a time; set 1.{_minor(present) + 1} and update before"
    )


def _minor(version: str) -> int:
    return int(version.split(".")[1])
