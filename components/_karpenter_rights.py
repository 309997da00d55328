"""What Karpenter's controller may do: make and end the instances of one cluster, and no others."""

from typing import NamedTuple

from stacks.iam import allows

READS = [
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    "iam:ListInstanceProfiles",
    "pricing:GetProducts",
]
MADE = (
    "fleet",
    "instance",
    "launch-template",
    "network-interface",
    "spot-instances-request",
    "volume",
)
"""Kinds of EC2 resources that come with an instance."""
POOL_TAG = "karpenter.sh/nodepool"


class Scope(NamedTuple):
    """The cluster, and what its instances are given."""

    region: str
    cluster: str
    cluster_arn: str
    role_arn: str
    profile_arn: str
    queue_arn: str


def karpenter_rights(scope: Scope) -> str:
    """The rights of Karpenter's documentation, "CloudFormation", less those to make profiles."""
    return allows(
        *_instances(scope),
        {"Action": READS, "Resource": "*"},
        {
            "Action": "ssm:GetParameter",
            "Resource": f"arn:aws:ssm:{scope.region}::parameter/aws/service/*",
        },
        {
            "Action": "iam:PassRole",
            "Resource": scope.role_arn,
            "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        },
        {"Action": "iam:GetInstanceProfile", "Resource": scope.profile_arn},
        {"Action": "eks:DescribeCluster", "Resource": scope.cluster_arn},
        {
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            "Resource": scope.queue_arn,
        },
    )


def _instances(scope: Scope) -> list[dict[str, object]]:
    """What comes with an instance carries the cluster's tag; only what carries it may be ended."""
    ec2 = f"arn:aws:ec2:{scope.region}:*:"
    asked, there = (_tagged(scope, where) for where in ("RequestTag", "ResourceTag"))
    creates = {"ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]}
    names = {"aws:TagKeys": ["Name", "eks:eks-cluster-name", "karpenter.sh/nodeclaim"]}
    starts = ["ec2:CreateFleet", "ec2:RunInstances"]
    made = [f"{ec2}{kind}/*" for kind in MADE]
    given = [f"{ec2}{kind}/*" for kind in ("security-group", "subnet")]
    images = [f"arn:aws:ec2:{scope.region}::{kind}/*" for kind in ("image", "snapshot")]
    return [
        {"Action": starts, "Resource": [*images, *given]},
        {"Action": starts, "Resource": f"{ec2}launch-template/*", "Condition": there},
        {
            "Action": [*starts, "ec2:CreateLaunchTemplate"],
            "Resource": made,
            "Condition": asked,
        },
        {
            "Action": "ec2:CreateTags",
            "Resource": made,
            "Condition": {**asked, "StringEquals": {**asked["StringEquals"], **creates}},
        },
        {
            "Action": "ec2:CreateTags",
            "Resource": f"{ec2}instance/*",
            "Condition": {**there, "ForAllValues:StringEquals": names},
        },
        {
            "Action": ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            "Resource": [f"{ec2}{kind}/*" for kind in ("instance", "launch-template")],
            "Condition": there,
        },
    ]


def _tagged(scope: Scope, where: str) -> dict[str, dict[str, str]]:
    return {
        "StringEquals": {f"aws:{where}/kubernetes.io/cluster/{scope.cluster}": "owned"},
        "StringLike": {f"aws:{where}/{POOL_TAG}": "*"},
    }
