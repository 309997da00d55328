"""The managed node group of a cluster: its role, launch template and size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.iam import allows, trusts
from stacks.settings import ClusterSettings

POLICIES = {
    "worker": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
    "images": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    "cni": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
}
SESSIONS = [
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]
"""What a session needs and no more: AWS's own policy for it also reads every parameter (Systems
Manager user guide, "Verify or add instance permissions for Session Manager")."""
AMI_TYPE = "AL2023_ARM_64_STANDARD"
"""Amazon Linux for Graviton, which all instance types of the settings have."""
ROOT_DEVICE, ROOT_GIB = "/dev/xvda", 40


@dataclass(frozen=True, kw_only=True)
class NodesArgs:
    """The cluster they join and what they are like."""

    cluster: aws.eks.Cluster
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    """EKS's own group, without which no node can join, and what other parts name in rules."""
    before: Sequence[pulumi.Resource]
    """Add-ons without which a node never gets ready."""
    tags: Mapping[str, pulumi.Input[str]]
    """Of instances and volumes, which inherit none of the provider's."""
    settings: ClusterSettings


def make_nodes(name: str, args: NodesArgs, *, parent: pulumi.Resource) -> aws.eks.NodeGroup:
    """A node group that survives a node's loss; an autoscaler may change its size afterwards."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    role = aws.iam.Role(name, assume_role_policy=trusts("ec2"), opts=free)
    rights: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy}", role=role.name, policy_arn=policy_arn, opts=free
        )
        for policy, policy_arn in POLICIES.items()
    ]
    settings = args.settings
    if settings.tunnel:
        sessions = allows({"Action": SESSIONS, "Resource": "*"})
        rights.append(
            aws.iam.RolePolicy(f"{name}-sessions", role=role.id, policy=sessions, opts=free)
        )
    template = _launch_template(name, args, parent=parent)
    return aws.eks.NodeGroup(
        name,
        cluster_name=args.cluster.name,
        node_role_arn=role.arn,
        subnet_ids=args.subnet_ids,
        # Nodes follow the control plane's version.
        version=args.cluster.version,
        ami_type=AMI_TYPE,
        capacity_type="ON_DEMAND",
        instance_types=settings.instance_types,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        scaling_config={
            "min_size": settings.nodes_min,
            "desired_size": settings.nodes_min,
            "max_size": settings.nodes_max,
        },
        update_config={"max_unavailable": 1},
        node_repair_config={"enabled": True},
        opts=pulumi.ResourceOptions(
            parent=parent,
            protect=False,
            depends_on=[*rights, *args.before],
            ignore_changes=["scalingConfig.desiredSize"],
        ),
    )


def _launch_template(
    name: str, args: NodesArgs, *, parent: pulumi.Resource
) -> aws.ec2.LaunchTemplate:
    return aws.ec2.LaunchTemplate(
        name,
        # A template that lists groups gets none added: EKS's own must be among them.
        vpc_security_group_ids=args.security_group_ids,
        # One hop reaches the node and none of its pods: they get credentials by Pod Identity.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        block_device_mappings=[
            {
                "device_name": ROOT_DEVICE,
                "ebs": {
                    "encrypted": "true",
                    "volume_type": "gp3",
                    "volume_size": ROOT_GIB,
                    "delete_on_termination": "true",
                },
            }
        ],
        tag_specifications=[
            {"resource_type": kind, "tags": {**args.tags, "Name": name}}
            for kind in ("instance", "volume")
        ],
        update_default_version=True,
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
