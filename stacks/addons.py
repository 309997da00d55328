"""Versions of EKS add-ons that go with each Kubernetes version.

Pins of August to October 2026 in public stacks that pin what `aws eks describe-addon-versions
--kubernetes-version <minor>` had answered them; ask it again before a bump, since AWS retires
old builds.
"""

from typing import NamedTuple


class AddonVersions(NamedTuple):
    """One version of every add-on; they move together."""

    vpc_cni: str
    kube_proxy: str
    pod_identity_agent: str
    coredns: str
    metrics_server: str


_CNI, _POD_IDENTITY = "v1.22.4-eksbuild.3", "v1.3.10-eksbuild.3"

ADDON_VERSIONS = {
    "1.34": AddonVersions(
        vpc_cni=_CNI,
        kube_proxy="v1.34.6-eksbuild.21",
        pod_identity_agent=_POD_IDENTITY,
        coredns="v1.12.4-eksbuild.29",
        metrics_server="v0.9.0-eksbuild.7",
    ),
    "1.35": AddonVersions(
        vpc_cni=_CNI,
        kube_proxy="v1.35.3-eksbuild.21",
        pod_identity_agent=_POD_IDENTITY,
        coredns="v1.13.2-eksbuild.21",
        metrics_server="v0.9.0-eksbuild.7",
    ),
    "1.36": AddonVersions(
        vpc_cni=_CNI,
        kube_proxy="v1.36.0-eksbuild.25",
        pod_identity_agent=_POD_IDENTITY,
        coredns="v1.14.3-eksbuild.23",
        metrics_server="v0.9.0-eksbuild.11",
    ),
}
"""By `cluster.version`, one for each in `SUPPORTED_CLUSTER_VERSIONS`."""
