"""What the deploy role may do, and no role that it makes may exceed: one policy for both."""

from typing import NamedTuple

from stacks.iam import BOOTSTRAP_PATH, STACK_PATH, boundary_arn, policy

SERVICES = (
    "acm:*",
    "application-autoscaling:*",
    "autoscaling:*",
    "cloudfront:*",
    "cloudwatch:*",
    "ec2:*",
    "ecr:*",
    "eks:*",
    "elasticache:*",
    "elasticloadbalancing:*",
    "events:*",
    "kms:*",
    "logs:*",
    "rds:*",
    "route53:*",
    "s3:*",
    "secretsmanager:*",
    "sqs:*",
    "tag:GetResources",
    "wafv2:*",
)
"""What stacks are made of."""
OF_PODS_AND_NODES = (
    "eks-auth:AssumeRoleForPodIdentity",
    "pricing:GetProducts",
    "rds-db:connect",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:*",
    "xray:Get*",
    "xray:Put*",
)
"""What only roles of stacks do: nodes, Karpenter, the API's login by IAM, the agent of metrics."""
PARAMETERS = (
    "ssm:AddTagsToResource",
    "ssm:DeleteParameter*",
    "ssm:DescribeParameters",
    "ssm:GetParameter*",
    "ssm:ListTagsForResource",
    "ssm:PutParameter",
    "ssm:RemoveTagsFromResource",
)
"""Of Systems Manager: no command on an instance, which would lend its role."""
BOUND = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
)
"""What IAM asks a role's boundary about ("Actions, resources, and condition keys for IAM")."""
OF_STACKS = (
    "iam:AddRoleToInstanceProfile",
    "iam:CreateInstanceProfile",
    "iam:DeleteInstanceProfile",
    "iam:DeleteRole",
    "iam:PassRole",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagInstanceProfile",
    "iam:TagRole",
    "iam:UntagInstanceProfile",
    "iam:UntagRole",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
READS = ("iam:Get*", "iam:List*")


class Guarded(NamedTuple):
    """What bootstrap/ made besides roles; a deployment uses it and may not change it."""

    account_id: str
    bucket_arn: str
    state_key_arn: str
    state_alias_arn: str
    repository_arn: str
    repository_key_arn: str


def deploy_rights(guarded: Guarded) -> str:
    """The services of the stacks; of IAM their own roles alone, each of them under this policy.

    It is the role's policy and the boundary of every role that it makes: what it cannot do, none
    of them can. Whitespace left out, IAM takes 6,144 characters.
    """
    iam = f"arn:aws:iam::{guarded.account_id}"
    roles = f"{iam}:role{STACK_PATH}*"
    return policy(
        {
            "Sid": "Services",
            "Effect": "Allow",
            "Action": [*SERVICES, *PARAMETERS, *OF_PODS_AND_NODES, *READS],
            "Resource": "*",
        },
        {
            "Sid": "RolesUnderThis",
            "Effect": "Allow",
            "Action": list(BOUND),
            "Resource": roles,
            "Condition": {
                "StringEquals": {"iam:PermissionsBoundary": boundary_arn(guarded.account_id)}
            },
        },
        {
            "Sid": "Roles",
            "Effect": "Allow",
            "Action": list(OF_STACKS),
            "Resource": [
                roles,
                f"{iam}:instance-profile{STACK_PATH}*",
                # Those that EKS Auto Mode makes, with the rights of the cluster's role.
                f"{iam}:instance-profile/eks*",
            ],
        },
        {
            "Sid": "RolesOfServices",
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": f"{iam}:role/aws-service-role/*",
        },
        *_denials(guarded, iam),
    )


def _denials(guarded: Guarded, iam: str) -> tuple[dict[str, object], ...]:
    """By what is left open, so that an action that AWS adds is closed."""
    keys = [guarded.state_key_arn, guarded.state_alias_arn, guarded.repository_key_arn]
    return (
        _only(
            "Bootstrap",
            [*READS],
            [
                f"{iam}:role{BOOTSTRAP_PATH}*",
                f"{iam}:policy{BOOTSTRAP_PATH}*",
                f"{iam}:oidc-provider/*",
            ],
        ),
        _only(
            "State",
            ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:Get*", "s3:List*", "s3:PutObject"],
            [guarded.bucket_arn, f"{guarded.bucket_arn}/*"],
        ),
        _only(
            "Keys",
            [
                "kms:Decrypt",
                "kms:Describe*",
                "kms:Encrypt",
                "kms:GenerateDataKey*",
                "kms:Get*",
                "kms:List*",
            ],
            keys,
        ),
        _only(
            "Images",
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:Describe*",
                "ecr:Get*",
                "ecr:InitiateLayerUpload",
                "ecr:List*",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            [guarded.repository_arn],
        ),
    )


def _only(sid: str, actions: list[str], resources: list[str]) -> dict[str, object]:
    return {"Sid": f"Only{sid}", "Effect": "Deny", "NotAction": actions, "Resource": resources}
