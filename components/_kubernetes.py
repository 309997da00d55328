"""What parts inside the cluster share: labels, and a role that only certain pods may take."""

import json
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components._role import make_role

GATE_LABEL = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
"""On a namespace and a pod: the load balancer's word is part of the pod's readiness."""
API_LABELS = {"app.kubernetes.io/name": "api"}
MIGRATION_LABELS = {"app.kubernetes.io/name": "migrate"}
SLOT_LABEL = "stackyard/slot"


class ServiceAccountId(NamedTuple):
    """Whose pods."""

    cluster_name: pulumi.Input[str]
    namespace: pulumi.Input[str]
    name: pulumi.Input[str]


class PodRole(NamedTuple):
    """A role, and what must be there before a pod that needs it: credentials come at its birth."""

    arn: pulumi.Output[str]
    ready: list[pulumi.Resource]


def pod_role(
    name: str,
    account: ServiceAccountId,
    *,
    policy: pulumi.Input[str],
    parent: pulumi.Resource,
) -> PodRole:
    """Rights of one service account's pods, by EKS Pod Identity."""
    inside = pulumi.ResourceOptions(parent=parent)
    role, association = _assumed_by(name, account, inside)
    rights = aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=inside)
    return PodRole(role.arn, [rights, association])


def managed_pod_role(
    name: str, account: ServiceAccountId, *, policy_arn: str, opts: pulumi.ResourceOptions
) -> PodRole:
    """The same with a policy of AWS's own."""
    role, association = _assumed_by(name, account, opts)
    rights = aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=policy_arn, opts=opts)
    return PodRole(role.arn, [rights, association])


def _assumed_by(
    name: str, account: ServiceAccountId, opts: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, aws.eks.PodIdentityAssociation]:
    trust = pulumi.Output.all(account.namespace, account.name).apply(
        lambda names: _trust(namespace=names[0], service_account=names[1])
    )
    role = make_role(name, trust, opts)
    association = aws.eks.PodIdentityAssociation(
        name,
        cluster_name=account.cluster_name,
        namespace=account.namespace,
        service_account=account.name,
        role_arn=role.arn,
        opts=opts,
    )
    return role, association


def _trust(*, namespace: str, service_account: str) -> str:
    """Only pods of one service account (EKS user guide, "Pod Identity role")."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "pods.eks.amazonaws.com"},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                    "Condition": {
                        "StringEquals": {
                            "aws:RequestTag/kubernetes-namespace": namespace,
                            "aws:RequestTag/kubernetes-service-account": service_account,
                        }
                    },
                }
            ],
        }
    )
