"""Karpenter: its controller, what tells it of instances that end, the pools it makes nodes of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components._chart import NAMESPACE, ChartArgs, chart_release
from components._karpenter_rights import Scope, karpenter_rights
from components._kubernetes import ServiceAccountId, pod_role
from components._node_pools import NodeClass, NodePoolsArgs, make_node_pools
from components._nodes import DISKS, METADATA_HOPS
from stacks.cluster_settings import ClusterSettings
from stacks.iam import STACK_PATH, VERSION

CHARTS = "oci://public.ecr.aws/karpenter/"
SERVICE_ACCOUNT = "karpenter"
EVENTS = {
    "health": ("aws.health", "AWS Health Event"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "state": ("aws.ec2", "EC2 Instance State-change Notification"),
}
"""Source and kind of what ends an instance (Karpenter's documentation, "Interruption")."""


@dataclass(frozen=True, kw_only=True)
class KarpenterArgs:
    """The cluster it grows and what its nodes are."""

    cluster: aws.eks.Cluster
    """What is inside goes with it, but for what has machines."""
    ready: Sequence[pulumi.Resource]
    """What its own pods need: the managed nodes and the add-ons."""
    region: str
    role: aws.iam.Role
    """Of the managed nodes, which EKS has let in already."""
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]]
    """Of instances and volumes, which inherit none of the provider's."""
    settings: ClusterSettings


class Karpenter(pulumi.ComponentResource):
    """On the managed nodes it runs itself; beside them it makes nodes for pods that find no place.

    A destroy ends its nodes before anything else: the cluster's end would leave them running.
    """

    queue_name: pulumi.Output[str]
    """Where AWS says that an instance will end."""

    def __init__(
        self, name: str, args: KarpenterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Karpenter", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        profile = aws.iam.InstanceProfile(name, path=STACK_PATH, role=args.role.name, opts=inside)
        queue, told = _interruptions(name, inside)
        rights = pulumi.Output.all(
            cluster=args.cluster.name,
            cluster_arn=args.cluster.arn,
            role_arn=args.role.arn,
            profile_arn=profile.arn,
            queue_arn=queue.arn,
        ).apply(lambda known: karpenter_rights(Scope(region=args.region, **known)))
        role = pod_role(
            name,
            ServiceAccountId(args.cluster.name, NAMESPACE, SERVICE_ACCOUNT),
            policy=rights,
            parent=self,
        )
        controller = self._controller(name, args, queue, after=[*role.ready, *told])
        self.pools = make_node_pools(
            name,
            NodePoolsArgs(
                settings=args.settings, node_class=_class(args, profile), after=[controller]
            ),
            parent=self,
        )
        """What pods wait for."""
        self.queue_name = queue.name
        self.register_outputs({"queueName": self.queue_name})

    def _controller(
        self,
        name: str,
        args: KarpenterArgs,
        queue: aws.sqs.Queue,
        *,
        after: Sequence[pulumi.Resource],
    ) -> kubernetes.helm.v3.Release:
        definitions = self._release(f"{name}-crd", "karpenter-crd", {}, args, after=args.ready)
        values = {
            "settings": {"clusterName": args.cluster.name, "interruptionQueue": queue.name},
            "serviceAccount": {"name": SERVICE_ACCOUNT},
            "replicas": 2,
            "controller": {
                "resources": {
                    "requests": {"cpu": "250m", "memory": "512Mi"},
                    "limits": {"memory": "512Mi"},
                }
            },
        }
        return self._release(name, "karpenter", values, args, after=[definitions, *after])

    def _release(
        self,
        name: str,
        chart: str,
        values: Mapping[str, pulumi.Input[object]],
        args: KarpenterArgs,
        *,
        after: Sequence[pulumi.Resource],
    ) -> kubernetes.helm.v3.Release:
        given = ChartArgs(
            chart=chart,
            source=CHARTS,
            values=values,
            cluster=args.cluster,
            after=after,
            # The controller's chart carries them too, and would never change them.
            skip_crds=chart == "karpenter",
        )
        return chart_release(name, given, parent=self)


def _interruptions(
    name: str, inside: pulumi.ResourceOptions
) -> tuple[aws.sqs.Queue, list[pulumi.Resource]]:
    """A queue, and what makes AWS write into it."""
    queue = aws.sqs.Queue(
        name, message_retention_seconds=300, sqs_managed_sse_enabled=True, opts=inside
    )
    # The URL is a queue's id.
    policy = aws.sqs.QueuePolicy(
        name, queue_url=queue.id, policy=queue.arn.apply(_events_may_write), opts=inside
    )
    told: list[pulumi.Resource] = [policy]
    for event, (source, kind) in EVENTS.items():
        rule = aws.cloudwatch.EventRule(
            f"{name}-{event}",
            description=kind,
            event_pattern=json.dumps({"source": [source], "detail-type": [kind]}),
            opts=inside,
        )
        target = aws.cloudwatch.EventTarget(
            f"{name}-{event}", rule=rule.name, arn=queue.arn, opts=inside
        )
        told.append(target)
    return queue, told


def _events_may_write(queue_arn: str) -> str:
    return json.dumps(
        {
            "Version": VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue_arn,
                },
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": queue_arn,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
    )


def _class(args: KarpenterArgs, profile: aws.iam.InstanceProfile) -> NodeClass:
    family = args.settings.ami_family
    return NodeClass(
        api_version="karpenter.k8s.aws/v1",
        kind="EC2NodeClass",
        spec={
            # An instance profile that Karpenter made would stay behind.
            "instanceProfile": profile.name,
            # The newest image of the cluster's version: nodes of an older one are replaced.
            "amiSelectorTerms": [{"alias": f"{family}@latest"}],
            "subnetSelectorTerms": pulumi.Output.from_input(args.subnet_ids).apply(
                lambda ids: [{"id": one} for one in ids]
            ),
            "securityGroupSelectorTerms": [{"id": one} for one in args.security_group_ids],
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                "httpPutResponseHopLimit": METADATA_HOPS,
            },
            "blockDeviceMappings": [
                {
                    "deviceName": device,
                    "ebs": {
                        "volumeSize": f"{gib}Gi",
                        "volumeType": "gp3",
                        "encrypted": True,
                        "deleteOnTermination": True,
                    },
                }
                for device, gib in DISKS[family].items()
            ],
            "tags": dict(args.tags),
        },
    )
