"""AWS Load Balancer Controller: puts the pods of a TargetGroupBinding into its target group."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components._chart import NAMESPACE, ChartArgs, chart_release
from components._kubernetes import GATE_LABEL, ServiceAccountId, pod_role
from stacks.iam import allows

CHART = "aws-load-balancer-controller"
REPOSITORY = "https://aws.github.io/eks-charts"
IMAGE = "amazon/aws-load-balancer-controller"
"""In EKS's registry of a region; the chart's own stands in a public one."""
SERVICE_ACCOUNT = "aws-load-balancer-controller"
READS = [
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
]
"""Of docs/install/iam_policy.json in kubernetes-sigs/aws-load-balancer-controller v3.5.0: the reads
a TargetGroupBinding without `spec.networking` needs. Load balancers, listeners and security groups
belong to Pulumi here, so the controller may not write any of them."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerControllerArgs:
    """The cluster it runs in and the only target groups it may write to."""

    cluster: pulumi.Resource
    """What is inside goes with it: a full destroy sends no delete for any of it."""
    cluster_name: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """What its pods need: nodes and add-ons."""
    vpc_id: pulumi.Input[str]
    region: str
    target_group_arns: Sequence[pulumi.Input[str]]
    registry: str | None = None
    """EKS's registry of the region, where nodes reach no public one."""


class LoadBalancerController(pulumi.ComponentResource):
    """The controller by its chart, with rights to register targets and nothing else."""

    role_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: LoadBalancerControllerArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("stackyard:index:LoadBalancerController", name, None, opts)
        role = pod_role(
            name,
            ServiceAccountId(args.cluster_name, NAMESPACE, SERVICE_ACCOUNT),
            policy=pulumi.Output.all(*args.target_group_arns).apply(_rights),
            parent=self,
        )
        chart = ChartArgs(
            chart=CHART,
            source=REPOSITORY,
            values=_values(args),
            cluster=args.cluster,
            after=[*args.ready, *role.ready],
        )
        self.release = chart_release(name, chart, parent=self)

        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})


def _values(args: LoadBalancerControllerArgs) -> dict[str, pulumi.Input[object]]:
    image = {"image": {"repository": f"{args.registry}/{IMAGE}"}} if args.registry else {}
    return {
        **image,
        "clusterName": args.cluster_name,
        "region": args.region,
        "vpcId": args.vpc_id,
        "replicaCount": 2,
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
        "podDisruptionBudget": {"maxUnavailable": 1},
        # A pod without its gate would be called ready before the load balancer knows it; the
        # selector keeps every other pod of such a namespace free of the webhook.
        "podMutatorWebhookConfig": {"failurePolicy": "Fail"},
        "objectSelector": {"matchLabels": GATE_LABEL},
        "enableServiceMutatorWebhook": False,
        "createIngressClassResource": False,
        "ingressClassParams": {"create": False},
        "enableBackendSecurityGroup": False,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "256Mi"},
        },
    }


def _rights(target_group_arns: Sequence[str]) -> str:
    writes = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"]
    return allows(
        {"Action": READS, "Resource": "*"},
        {"Action": writes, "Resource": list(target_group_arns)},
    )
