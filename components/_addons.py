"""EKS add-ons: which a cluster has, in what order, and what each is told."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components._kubernetes import ServiceAccountId, managed_pod_role
from stacks.addons import ADDON_VERSIONS
from stacks.cluster_settings import ClusterSettings

CNI_CONFIGURATION = {"enableNetworkPolicy": "true"}
"""Without it the cluster takes NetworkPolicies and enforces none."""
INSIGHTS_POLICY = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
INSIGHTS_LOGS = ("application", "dataplane", "host", "performance")
"""What the add-on writes (CloudWatch user guide, "Container Insights", log groups)."""


def before_nodes(settings: ClusterSettings) -> dict[str, str]:
    """Versions of the add-ons without which no node gets ready; Auto Mode's nodes have them."""
    versions = ADDON_VERSIONS[settings.version]
    if settings.compute == "auto":
        return {}
    return {
        "vpc-cni": versions.vpc_cni,
        "kube-proxy": versions.kube_proxy,
        "eks-pod-identity-agent": versions.pod_identity_agent,
    }


def after_nodes(settings: ClusterSettings) -> dict[str, str]:
    """Versions of those that run as pods, which a node must be there for."""
    versions = ADDON_VERSIONS[settings.version]
    # Auto Mode resolves names on every node.
    names = {} if settings.compute == "auto" else {"coredns": versions.coredns}
    return {**names, "metrics-server": versions.metrics_server}


def chosen(settings: ClusterSettings) -> dict[str, str]:
    """Versions of those that a stack may do without, and no other pod waits for."""
    versions = ADDON_VERSIONS[settings.version]
    insights = {"amazon-cloudwatch-observability": versions.cloudwatch_observability}
    driver = {"aws-secrets-store-csi-driver-provider": versions.secrets_driver}
    return {
        **(insights if settings.container_insights else {}),
        **(driver if settings.secrets_driver else {}),
    }


SHORT_NAMES = {
    "amazon-cloudwatch-observability": "insights",
    "aws-secrets-store-csi-driver-provider": "secrets",
    "eks-pod-identity-agent": "pod-identity",
}
"""In logical names, of those whose own is too long."""


def make_addons(
    name: str,
    versions: Mapping[str, str],
    *,
    eks: aws.eks.Cluster,
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Add-ons by AWS's name; they go with the cluster."""
    return [
        aws.eks.Addon(
            f"{name}-{SHORT_NAMES.get(addon, addon)}",
            cluster_name=eks.name,
            addon_name=addon,
            addon_version=version,
            configuration_values=json.dumps(CNI_CONFIGURATION) if addon == "vpc-cni" else None,
            # What somebody changed by hand goes; the settings here are all there is.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=pulumi.ResourceOptions(
                parent=parent, protect=False, depends_on=after, deleted_with=eks
            ),
        )
        for addon, version in versions.items()
    ]


def insights_ground(
    name: str,
    *,
    cluster_name: pulumi.Input[str],
    eks: aws.eks.Cluster,
    log_days: int,
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Log groups and rights of the CloudWatch agent, before it would make groups without an end."""
    groups = [
        aws.cloudwatch.LogGroup(
            f"{name}-{kind}",
            name=pulumi.Output.concat("/aws/containerinsights/", cluster_name, f"/{kind}"),
            retention_in_days=log_days,
            opts=pulumi.ResourceOptions(parent=parent, protect=False),
        )
        for kind in INSIGHTS_LOGS
    ]
    role = managed_pod_role(
        f"{name}-insights",
        ServiceAccountId(eks.name, "amazon-cloudwatch", "cloudwatch-agent"),
        policy_arn=INSIGHTS_POLICY,
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
    return [*groups, *role.ready]
