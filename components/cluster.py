"""Cluster: EKS with its key, log group, admins, node group and pinned add-ons."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._key import make_key
from components._nodes import NodesArgs, make_nodes
from stacks.addons import ADDON_VERSIONS
from stacks.iam import trusts
from stacks.settings import ClusterSettings

CLUSTER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
CNI_CONFIGURATION = {"enableNetworkPolicy": "true"}
"""Without it the cluster takes NetworkPolicies and enforces none."""


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """Wiring comes as `Input`s, what a stack chooses as `settings`."""

    vpc_id: pulumi.Input[str]
    """Another VPC means another cluster, under another name."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Of control plane and nodes: private, in two zones at least."""
    app_security_group_id: pulumi.Input[str]
    """Worn by the nodes besides EKS's own."""
    region: str
    settings: ClusterSettings
    log_days: int
    """Days the control plane's logs are kept."""
    protect: bool
    """EKS's own deletion protection."""
    node_tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, str])
    """Of the nodes' instances and volumes, which inherit none of the provider's."""


class Cluster(pulumi.ComponentResource):
    """EKS with access by entries only, secrets under an own key, and no extended support.

    Add-ons and entries go with the cluster, as EKS does it: a full destroy deletes none by itself.

    `protect` in `opts` guards the control plane, its key and the suffix its name hangs on.
    """

    cluster_name: pulumi.Output[str]
    """Name with its random suffix."""
    endpoint: pulumi.Output[str]
    """The Kubernetes API."""
    version: pulumi.Output[str]
    """Kubernetes minor version."""
    addons: pulumi.Output[dict[str, str]]
    """Add-on to its version."""
    cluster_security_group_id: pulumi.Output[str]
    """EKS's own group, of control plane and nodes."""
    authentication_mode: pulumi.Output[str]
    """API: access entries, no aws-auth."""
    kubeconfig: pulumi.Output[str]
    """JSON; it holds no secret, since `aws eks get-token` makes the token."""

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Cluster", name, None, opts)
        self.eks = eks = _control_plane(self, name, args)
        """For `deleted_with` of what is inside."""
        # EKS names its group in a block that is given, which a preview may take for known and
        # empty; the ARN it does not.
        self.cluster_security_group_id = eks.arn.apply(
            lambda _: eks.vpc_config.cluster_security_group_id
        )
        self.admins = _admins(self, name, args, eks=eks)
        """EKS gives nobody rights by itself: the kubernetes provider waits for these."""
        versions = ADDON_VERSIONS[args.settings.version]
        # Networking first, or no node gets ready; what runs as pods afterwards, or it never does.
        on_nodes = {
            "vpc-cni": versions.vpc_cni,
            "kube-proxy": versions.kube_proxy,
            "eks-pod-identity-agent": versions.pod_identity_agent,
        }
        as_pods = {"coredns": versions.coredns, "metrics-server": versions.metrics_server}
        before = _addons(self, name, on_nodes, eks=eks, after=[])
        nodes = make_nodes(
            f"{name}-nodes",
            NodesArgs(
                cluster=eks,
                subnet_ids=args.subnet_ids,
                security_group_ids=[args.app_security_group_id, self.cluster_security_group_id],
                before=before,
                tags=args.node_tags,
                settings=args.settings,
            ),
            parent=self,
        )
        after = _addons(self, name, as_pods, eks=eks, after=[nodes])
        self.ready: list[pulumi.Resource] = [nodes, *before, *after]
        """What pods in the cluster wait for: nodes and add-ons."""

        self.cluster_name = eks.name
        self.endpoint = eks.endpoint
        self.version = eks.version
        self.addons = pulumi.Output.all(
            **{addon: pulumi.Output.from_input(v) for addon, v in (on_nodes | as_pods).items()}
        )
        self.authentication_mode = eks.access_config.authentication_mode
        self.kubeconfig = _kubeconfig(eks, args.region)
        self.register_outputs(
            {
                "clusterName": self.cluster_name,
                "endpoint": self.endpoint,
                "version": self.version,
                "addons": self.addons,
                "clusterSecurityGroupId": self.cluster_security_group_id,
                "authenticationMode": self.authentication_mode,
                "kubeconfig": self.kubeconfig,
            }
        )


def _control_plane(cluster: Cluster, name: str, args: ClusterArgs) -> aws.eks.Cluster:
    free = pulumi.ResourceOptions(parent=cluster, protect=False)
    settings = args.settings
    key = make_key(f"{name}-key", description=f"{name}: Kubernetes secrets", parent=cluster)
    role = aws.iam.Role(
        name,
        assume_role_policy=trusts("eks", actions=("sts:AssumeRole", "sts:TagSession")),
        opts=free,
    )
    rights = aws.iam.RolePolicyAttachment(
        name, role=role.name, policy_arn=CLUSTER_POLICY, opts=free
    )
    # The log group carries the name, so it is known before the cluster, which would make the
    # group itself and keep its events for ever; what replaces a cluster gives a new name, a
    # renamed part keeps it.
    cluster_name = random.RandomId(
        f"{name}-suffix",
        byte_length=4,
        prefix=f"{name}-",
        keepers={"vpc": args.vpc_id, "role": role.arn, "key": key.arn},
        opts=pulumi.ResourceOptions(parent=cluster, ignore_changes=["prefix"]),
    ).hex
    logs = aws.cloudwatch.LogGroup(
        f"{name}-log",
        name=pulumi.Output.concat("/aws/eks/", cluster_name, "/cluster"),
        retention_in_days=args.log_days,
        opts=free,
    )
    reach: aws.eks.ClusterVpcConfigArgsDict = {
        "subnet_ids": args.subnet_ids,
        "endpoint_private_access": True,
        "endpoint_public_access": bool(settings.allowed_cidrs),
    }
    if settings.allowed_cidrs:
        reach["public_access_cidrs"] = settings.allowed_cidrs
    return aws.eks.Cluster(
        name,
        name=cluster_name,
        role_arn=role.arn,
        version=settings.version,
        access_config={
            "authentication_mode": "API",
            "bootstrap_cluster_creator_admin_permissions": False,
        },
        bootstrap_self_managed_addons=False,
        enabled_cluster_log_types=LOGS,
        encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]},
        # AWS's default moves an old version into extended support, at six times the price.
        upgrade_policy={"support_type": "STANDARD"},
        zonal_shift_config={"enabled": True},
        deletion_protection=args.protect,
        vpc_config=reach,
        opts=pulumi.ResourceOptions(parent=cluster, depends_on=[logs, rights]),
    )


def _admins(
    cluster: Cluster, name: str, args: ClusterArgs, *, eks: aws.eks.Cluster
) -> list[pulumi.Resource]:
    inside = pulumi.ResourceOptions(parent=cluster, protect=False, deleted_with=eks)
    associations: list[pulumi.Resource] = []
    for role_arn in args.settings.admin_role_arns:
        # By the role, not by its place in the list: one more role touches no other.
        digest = hashlib.sha256(role_arn.encode()).hexdigest()[:8]
        entry = aws.eks.AccessEntry(
            f"{name}-admin-{digest}",
            cluster_name=eks.name,
            principal_arn=role_arn,
            type="STANDARD",
            opts=inside,
        )
        association = aws.eks.AccessPolicyAssociation(
            f"{name}-admin-{digest}",
            cluster_name=eks.name,
            principal_arn=entry.principal_arn,
            policy_arn=ADMIN_POLICY,
            access_scope={"type": "cluster"},
            opts=inside,
        )
        associations.append(association)
    return associations


def _addons(
    cluster: Cluster,
    name: str,
    versions: Mapping[str, str],
    *,
    eks: aws.eks.Cluster,
    after: Sequence[pulumi.Resource],
) -> list[pulumi.Resource]:
    return [
        aws.eks.Addon(
            f"{name}-{addon.removeprefix('eks-').removesuffix('-agent')}",
            cluster_name=eks.name,
            addon_name=addon,
            addon_version=version,
            configuration_values=json.dumps(CNI_CONFIGURATION) if addon == "vpc-cni" else None,
            # What somebody changed by hand goes; the settings here are all there is.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=pulumi.ResourceOptions(
                parent=cluster, protect=False, depends_on=after, deleted_with=eks
            ),
        )
        for addon, version in versions.items()
    ]


def _kubeconfig(eks: aws.eks.Cluster, region: str) -> pulumi.Output[str]:
    token = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", eks.name, "--region", region],
        "interactiveMode": "Never",
    }
    authority = eks.certificate_authority.data
    server = {"server": eks.endpoint, "certificate-authority-data": authority}
    return pulumi.Output.json_dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": eks.name, "cluster": server}],
            "contexts": [{"name": eks.name, "context": {"cluster": eks.name, "user": eks.name}}],
            "current-context": eks.name,
            "users": [{"name": eks.name, "user": {"exec": token}}],
        }
    )
