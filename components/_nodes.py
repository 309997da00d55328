"""The managed node groups of a cluster: their role, launch template, sizes and share of spot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._role import make_role
from stacks.cluster_settings import ClusterSettings
from stacks.iam import allows, trusts
from stacks.node_shares import node_shares

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
AUTO_POLICIES = {
    "worker": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    "images": POLICIES["images"],
}
"""Of Auto Mode's nodes (EKS user guide, "Amazon EKS Auto Mode node IAM role")."""
AMI_TYPES = {"al2023": "AL2023_ARM_64_STANDARD", "bottlerocket": "BOTTLEROCKET_ARM_64"}
"""For Graviton, which all instance types of the settings have."""
ROOT_GIB = 40
DISKS = {
    "al2023": {"/dev/xvda": ROOT_GIB},
    # The system's own disk, which holds nothing that grows, and the one for images and pods
    # (Bottlerocket's README, "Default Volumes").
    "bottlerocket": {"/dev/xvda": 4, "/dev/xvdb": ROOT_GIB},
}
"""GiB by device, by `amiFamily`."""
METADATA_HOPS = 1
"""One hop reaches the node and none of its pods: they get credentials by Pod Identity."""


@dataclass(frozen=True, kw_only=True)
class NodesArgs:
    """The cluster they join and what they are like."""

    cluster: aws.eks.Cluster
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    """EKS's own group, without which no node can join, and what other parts name in rules."""
    role: aws.iam.Role
    before: Sequence[pulumi.Resource]
    """The role's rights, and add-ons without which a node never gets ready."""
    tags: Mapping[str, pulumi.Input[str]]
    """Of instances and volumes, which inherit none of the provider's."""
    settings: ClusterSettings


def node_role(
    name: str, policies: Mapping[str, str], *, tunnel: bool, parent: pulumi.Resource
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """What nodes are, and the rights they need before they join."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    role = make_role(name, trusts("ec2"), free)
    rights: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy}", role=role.name, policy_arn=policy_arn, opts=free
        )
        for policy, policy_arn in policies.items()
    ]
    if tunnel:
        sessions = allows({"Action": SESSIONS, "Resource": "*"})
        rights.append(
            aws.iam.RolePolicy(f"{name}-sessions", role=role.id, policy=sessions, opts=free)
        )
    return role, rights


def make_nodes(name: str, args: NodesArgs, *, parent: pulumi.Resource) -> list[aws.eks.NodeGroup]:
    """Node groups that survive a node's loss; an autoscaler may change their sizes afterwards."""
    settings = args.settings
    shares = node_shares(settings).managed
    if not shares:
        return []
    template = _launch_template(name, args, parent=parent)
    return [
        aws.eks.NodeGroup(
            name if share.capacity_type == "on-demand" else f"{name}-{share.capacity_type}",
            cluster_name=args.cluster.name,
            node_role_arn=args.role.arn,
            subnet_ids=args.subnet_ids,
            # Nodes follow the control plane's version.
            version=args.cluster.version,
            ami_type=AMI_TYPES[settings.ami_family],
            capacity_type=share.capacity_type.replace("-", "_").upper(),
            instance_types=settings.instance_types,
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            scaling_config={
                "min_size": share.least,
                "desired_size": share.least,
                "max_size": share.most,
            },
            update_config={"max_unavailable": 1},
            node_repair_config={"enabled": True},
            opts=pulumi.ResourceOptions(
                parent=parent,
                protect=False,
                depends_on=args.before,
                ignore_changes=["scalingConfig.desiredSize"],
            ),
        )
        for share in shares
    ]


def _launch_template(
    name: str, args: NodesArgs, *, parent: pulumi.Resource
) -> aws.ec2.LaunchTemplate:
    return aws.ec2.LaunchTemplate(
        name,
        # A template that lists groups gets none added: EKS's own must be among them.
        vpc_security_group_ids=args.security_group_ids,
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": METADATA_HOPS,
        },
        block_device_mappings=[
            {
                "device_name": device,
                "ebs": {
                    "encrypted": "true",
                    "volume_type": "gp3",
                    "volume_size": gib,
                    "delete_on_termination": "true",
                },
            }
            for device, gib in DISKS[args.settings.ami_family].items()
        ],
        tag_specifications=[
            {"resource_type": kind, "tags": {**args.tags, "Name": name}}
            for kind in ("instance", "volume")
        ],
        update_default_version=True,
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
