"""Settings of the EKS cluster: its version, what its nodes are, who reaches its API."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from stacks.checks import client_networks, different
from stacks.section import Section

SUPPORTED_CLUSTER_VERSIONS = ("1.34", "1.35", "1.36")
"""Minor versions in standard support in November 2026; 1.34 leaves on 2026-12-02 (EKS user guide,
"Understand the Kubernetes version lifecycle", as copied in public calendars)."""
Compute = Literal["nodes", "auto", "karpenter"]
_GRAVITON = re.compile(r"(a1|[a-z]+\d+g[a-z]*)\.[a-z0-9-]+")


class ClusterSettings(Section):
    """The EKS cluster and its nodes."""

    version: str = "1.35"
    """Kubernetes minor version, one in EKS's standard support; raised by one at a time."""
    compute: Compute = "nodes"
    """Who makes nodes: managed node groups of a fixed size, EKS Auto Mode, or Karpenter beside a
    managed node group (docs/cluster.md)."""
    instance_types: Annotated[
        tuple[str, ...], Field(strict=False, min_length=1), AfterValidator(different)
    ] = ("t4g.medium",)
    """EC2 types of the nodes, Graviton (arm64); on-demand nodes take the first that is there."""
    nodes_min: Annotated[int, Field(ge=2, le=100)] = 2
    """Fewest nodes; two, so that a node can go without an outage. With Karpenter, those of the
    managed node group; Auto Mode has as many as the pods ask for."""
    nodes_max: Annotated[int, Field(ge=2, le=100)] = 4
    """Most nodes, of all kinds together."""
    spot_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Share of the nodes, in percent, that may be spot instances; one node is always on demand."""
    ami_family: Literal["al2023", "bottlerocket"] = "al2023"
    """Operating system of the nodes: Amazon Linux 2023 or Bottlerocket."""
    endpoint: Literal["public", "private"] = "public"
    """Where the Kubernetes API answers `allowedCidrs`: on the internet beside the VPC, or in the
    VPC alone."""
    allowed_cidrs: Annotated[
        tuple[str, ...], Field(strict=False), AfterValidator(client_networks)
    ] = ()
    """Networks that may reach the Kubernetes API, /8 or narrower; an empty list lets in the nodes
    alone."""
    admin_role_arns: Annotated[tuple[str, ...], Field(strict=False), AfterValidator(different)] = ()
    """IAM roles that administer the cluster, by access entry."""
    viewer_role_arns: Annotated[
        tuple[str, ...], Field(strict=False), AfterValidator(different)
    ] = ()
    """IAM roles that see what is in the cluster and change nothing, by access entry: no Kubernetes
    secret and no resource of a custom kind (EKS's AmazonEKSViewPolicy)."""
    tunnel: bool = False
    """Nodes take sessions of Systems Manager, so that whoever IAM lets forwards a port of a laptop
    to the private database or cache (docs/operations.md)."""
    container_insights: bool = False
    """CloudWatch Observability add-on: metrics of nodes and pods, and the pods' logs, in
    CloudWatch, which bills both."""
    secrets_driver: bool = False
    """Secrets Store CSI driver with AWS's provider, for pods that mount secrets of Secrets
    Manager; the API needs none."""

    @field_validator("version")
    @classmethod
    def _version_is_supported(cls, value: str) -> str:
        if value not in SUPPORTED_CLUSTER_VERSIONS:
            known = ", ".join(SUPPORTED_CLUSTER_VERSIONS)
            raise ValueError(f"{value!r} is not in EKS's standard support; one of {known}")
        return value

    @field_validator("instance_types")
    @classmethod
    def _types_are_graviton(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        other = [name for name in value if not _GRAVITON.fullmatch(name)]
        if other:
            raise ValueError(f"{', '.join(other)}: nodes are arm64; take Graviton, like m8g.large")
        return value

    @field_validator("admin_role_arns", "viewer_role_arns")
    @classmethod
    def _role_arns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for arn in value:
            if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", arn):
                raise ValueError(
                    f"{arn!r} is no IAM role; write arn:aws:iam::<account>:role/<name>"
                )
        return value
