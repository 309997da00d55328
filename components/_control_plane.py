"""EKS's control plane: its role, key, log group, name, and who reaches its endpoint."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._key import make_key
from components._role import make_role
from stacks.addons import version_step_problem
from stacks.cluster_settings import ClusterSettings
from stacks.iam import allows, trusts

LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
CLUSTER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
AUTO_POLICIES = {
    "-compute": "arn:aws:iam::aws:policy/AmazonEKSComputePolicy",
    "-storage": "arn:aws:iam::aws:policy/AmazonEKSBlockStoragePolicy",
    "-balancing": "arn:aws:iam::aws:policy/AmazonEKSLoadBalancingPolicy",
    "-networking": "arn:aws:iam::aws:policy/AmazonEKSNetworkingPolicy",
}
"""What Auto Mode needs besides (EKS user guide, "Amazon EKS Auto Mode cluster IAM role")."""
API_PORT = 443


@dataclass(frozen=True, kw_only=True)
class ControlPlaneArgs:
    """Where it stands and what a stack chooses of it."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    settings: ClusterSettings
    log_days: int
    protect: bool


class ControlPlane(NamedTuple):
    """EKS, and its name, which is known long before it is there."""

    eks: aws.eks.Cluster
    name: pulumi.Output[str]


def make_control_plane(
    name: str, args: ControlPlaneArgs, *, parent: pulumi.Resource
) -> ControlPlane:
    """A control plane that an update takes up by one minor version at most."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    settings = args.settings
    key = make_key(f"{name}-key", description=f"{name}: Kubernetes secrets", parent=parent)
    role, rights = _role(name, settings, free)
    # The log group carries the name, so it is known before the cluster, which would make the
    # group itself and keep its events for ever; what replaces a cluster gives a new name, a
    # renamed part keeps it.
    cluster_name = random.RandomId(
        f"{name}-suffix",
        byte_length=4,
        prefix=f"{name}-",
        keepers={"vpc": args.vpc_id, "role": role.arn, "key": key.arn},
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["prefix"]),
    ).hex
    logs = aws.cloudwatch.LogGroup(
        f"{name}-log",
        name=pulumi.Output.concat("/aws/eks/", cluster_name, "/cluster"),
        retention_in_days=args.log_days,
        opts=free,
    )
    auto = settings.compute == "auto"
    eks = aws.eks.Cluster(
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
        vpc_config=_reach(args),
        # All three or none: EKS refuses any other combination.
        compute_config={"enabled": True} if auto else None,
        storage_config={"block_storage": {"enabled": True}} if auto else None,
        kubernetes_network_config={"elastic_load_balancing": {"enabled": True}} if auto else None,
        opts=pulumi.ResourceOptions(
            parent=parent, depends_on=[logs, *rights], hooks=_one_minor_version_at_a_time(name)
        ),
    )
    return ControlPlane(eks, cluster_name)


def open_private_endpoint(
    name: str,
    settings: ClusterSettings,
    security_group_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Let named networks in where no public endpoint does: EKS's own group knows nodes alone."""
    if settings.endpoint == "public":
        return
    for cidr in settings.allowed_cidrs:
        # By the network, not by its place in the list: one more touches no other.
        digest = hashlib.sha256(cidr.encode()).hexdigest()[:8]
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-api-{digest}",
            security_group_id=security_group_id,
            description=f"{cidr} to the Kubernetes API",
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=API_PORT,
            to_port=API_PORT,
            opts=opts,
        )


def _role(
    name: str, settings: ClusterSettings, free: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    role = make_role(name, trusts("eks", actions=("sts:AssumeRole", "sts:TagSession")), free)
    policies = {"": CLUSTER_POLICY, **(AUTO_POLICIES if settings.compute == "auto" else {})}
    rights: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            f"{name}{last}", role=role.name, policy_arn=policy_arn, opts=free
        )
        for last, policy_arn in policies.items()
    ]
    if settings.compute == "auto":
        rights.append(
            aws.iam.RolePolicy(f"{name}-tags", role=role.name, policy=_tags_nodes(), opts=free)
        )
    return role, rights


def _tags_nodes() -> str:
    """Tags of one's own on Auto Mode's nodes, which its managed policies do not cover."""
    own = {"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}
    pools = {
        "aws:RequestTag/eks:kubernetes-node-class-name": "*",
        "aws:RequestTag/eks:kubernetes-node-pool-name": "*",
    }
    return allows(
        {
            "Action": ["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"],
            "Resource": "*",
            "Condition": {"StringEquals": own, "StringLike": pools},
        }
    )


def _reach(args: ControlPlaneArgs) -> aws.eks.ClusterVpcConfigArgsDict:
    settings = args.settings
    public = settings.endpoint == "public" and bool(settings.allowed_cidrs)
    reach: aws.eks.ClusterVpcConfigArgsDict = {
        "subnet_ids": args.subnet_ids,
        "endpoint_private_access": True,
        "endpoint_public_access": public,
    }
    if public:
        reach["public_access_cidrs"] = settings.allowed_cidrs
    return reach


def _one_minor_version_at_a_time(name: str) -> pulumi.ResourceHookBinding:
    """Before an update and in its preview: the state alone knows which version there is."""
    hook = pulumi.ResourceHook(
        f"{name}-version", _refuse_a_leap, opts=pulumi.ResourceHookOptions(on_dry_run=True)
    )
    return pulumi.ResourceHookBinding(before_update=[hook])


def _refuse_a_leap(change: pulumi.ResourceHookArgs) -> None:
    present, wanted = (
        str((inputs or {})["version"]) for inputs in (change.old_inputs, change.new_inputs)
    )
    if problem := version_step_problem(present, wanted):
        raise ValueError(problem)
