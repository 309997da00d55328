"""Cluster: EKS with its key, log group, admins and viewers, nodes and pinned add-ons."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components._addons import after_nodes, before_nodes, chosen, insights_ground, make_addons
from components._control_plane import (
    ControlPlaneArgs,
    make_control_plane,
    open_private_endpoint,
)
from components._nodes import AUTO_POLICIES, POLICIES, NodesArgs, make_nodes, node_role
from stacks.cluster_settings import ClusterSettings

ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
VIEW_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
AUTO_NODE_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"


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
        settings = args.settings
        control_plane = make_control_plane(
            name,
            ControlPlaneArgs(
                vpc_id=args.vpc_id,
                subnet_ids=args.subnet_ids,
                settings=settings,
                log_days=args.log_days,
                protect=args.protect,
            ),
            parent=self,
        )
        self.eks = eks = control_plane.eks
        """For `deleted_with` of what is inside."""
        self.early_name = control_plane.name
        """The same name, for what need not wait for the control plane."""
        # EKS names its group in a block that is given, which a preview may take for known and
        # empty; the ARN it does not.
        self.cluster_security_group_id = eks.arn.apply(
            lambda _: eks.vpc_config.cluster_security_group_id
        )
        self._inside = pulumi.ResourceOptions(parent=self, protect=False, deleted_with=eks)
        open_private_endpoint(name, settings, self.cluster_security_group_id, self._inside)
        self.admins = self._people(f"{name}-admin", settings.admin_role_arns, ADMIN_POLICY)
        self._people(f"{name}-viewer", settings.viewer_role_arns, VIEW_POLICY)
        """EKS gives nobody rights by itself: the kubernetes provider waits for these."""
        self.node_role, self.ready = self._nodes(name, args)
        """What nodes are; and what pods in the cluster wait for: nodes and add-ons."""

        self.cluster_name = eks.name
        self.endpoint = eks.endpoint
        self.version = eks.version
        versions = {**before_nodes(settings), **after_nodes(settings), **chosen(settings)}
        self.addons = pulumi.Output.all(
            **{addon: pulumi.Output.from_input(version) for addon, version in versions.items()}
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

    def _nodes(self, name: str, args: ClusterArgs) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        """Networking first, or no node gets ready; what runs as pods later, or it never does."""
        settings, eks = args.settings, self.eks
        auto = settings.compute == "auto"
        role, rights = node_role(
            f"{name}-nodes",
            AUTO_POLICIES if auto else POLICIES,
            tunnel=settings.tunnel,
            parent=self,
        )
        before = make_addons(name, before_nodes(settings), eks=eks, after=[], parent=self)
        nodes = make_nodes(
            f"{name}-nodes",
            NodesArgs(
                cluster=eks,
                subnet_ids=args.subnet_ids,
                security_group_ids=[args.app_security_group_id, self.cluster_security_group_id],
                role=role,
                before=[*rights, *before],
                tags=args.node_tags,
                settings=settings,
            ),
            parent=self,
        )
        joined = self._may_join(name, role, rights) if auto else []
        after = make_addons(name, after_nodes(settings), eks=eks, after=nodes, parent=self)
        ground = (
            insights_ground(
                name,
                cluster_name=self.early_name,
                eks=eks,
                log_days=args.log_days,
                parent=self,
            )
            if settings.container_insights
            else []
        )
        make_addons(name, chosen(settings), eks=eks, after=[*nodes, *ground], parent=self)
        return role, [*nodes, *joined, *before, *after]

    def _may_join(
        self, name: str, role: aws.iam.Role, rights: Sequence[pulumi.Resource]
    ) -> list[pulumi.Resource]:
        """Auto Mode's nodes of an own class, which EKS lets in by an entry alone."""
        return [*rights, self._let_in(f"{name}-nodes", role.arn, "EC2", AUTO_NODE_POLICY)]

    def _people(
        self, name: str, role_arns: Sequence[str], policy_arn: str
    ) -> list[pulumi.Resource]:
        # By the role, not by its place in the list: one more role touches no other.
        digests = {arn: hashlib.sha256(arn.encode()).hexdigest() for arn in role_arns}
        return [
            self._let_in(f"{name}-{digest[:8]}", role_arn, "STANDARD", policy_arn)
            for role_arn, digest in digests.items()
        ]

    def _let_in(
        self, name: str, role_arn: pulumi.Input[str], kind: str, policy_arn: str
    ) -> pulumi.Resource:
        """What a role may do in the whole cluster."""
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=self.eks.name,
            principal_arn=role_arn,
            type=kind,
            opts=self._inside,
        )
        return aws.eks.AccessPolicyAssociation(
            name,
            cluster_name=self.eks.name,
            principal_arn=entry.principal_arn,
            policy_arn=policy_arn,
            access_scope={"type": "cluster"},
            opts=self._inside,
        )


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
