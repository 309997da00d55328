"""Settings of the VPC: addresses, zones, ways out."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from stacks.checks import different, vpc_block
from stacks.section import Section

ZONE_LETTERS = ("a", "b", "c", "d", "e", "f")
Nat = Literal["none", "instance", "single", "perZone", "regional"]
NodeEndpoint = Literal[
    "ec2", "ecr.api", "ecr.dkr", "eks-auth", "elasticloadbalancing", "logs", "secretsmanager", "sts"
]
"""What nodes and the load balancer controller call (EKS user guide, "Deploy private clusters")."""
SessionEndpoint = Literal["ssm", "ssmmessages"]
"""What the agent of a session calls (Systems Manager user guide, "Improve the security of EC2
instances by using VPC endpoints for Systems Manager")."""
InterfaceEndpoint = Literal[NodeEndpoint, SessionEndpoint]


class NetworkSettings(Section):
    """The VPC: addresses, zones, ways out."""

    cidr: Annotated[str, AfterValidator(vpc_block)] = "10.20.0.0/16"
    """IPv4 block of the VPC, private (RFC 1918), /16 to /20."""
    zones: Annotated[tuple[str, ...], Field(strict=False)] = ("a", "b")
    """Letters of the availability zones, two to four; a zone once in use keeps its place, so a new
    one comes last."""
    nat: Nat = "single"
    """How the app tier reaches the internet: by one NAT gateway for all zones, one a zone, one that
    AWS spreads over the zones (regional), a small instance (cheap, and down while it restarts), or
    not at all (none)."""
    ipv6: bool = False
    """IPv6 beside IPv4: a block of Amazon's, and a way out of the app tier that lets nobody in."""
    interface_endpoints: Annotated[
        tuple[InterfaceEndpoint, ...], Field(strict=False), AfterValidator(different)
    ] = ()
    """Interface endpoints beside the S3 gateway endpoint, by AWS's short service name."""
    flow_logs: Literal["ALL", "REJECT"] = "REJECT"
    """Traffic that the VPC's flow log keeps."""

    @field_validator("zones")
    @classmethod
    def _zones_fit(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not 2 <= len(value) <= 4:
            raise ValueError(f"{len(value)} zones given; EKS and Aurora need 2, the plan holds 4")
        if len(set(value)) < len(value) or not set(value) <= set(ZONE_LETTERS):
            raise ValueError(f"{', '.join(value)}: zones are different letters from a to f")
        return value
