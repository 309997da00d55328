"""What a check found wrong with one resource."""

from dataclasses import dataclass

from stackyard.graph.registration import Reg


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """One fault, at one place of one resource."""

    resource: str
    """Type and logical name: `rds.Cluster database`."""
    place: str
    """Pulumi's property, or the path in CloudFormation's words below it."""
    says: str

    def __str__(self) -> str:
        return f"{self.resource}: {self.place}: {self.says}"


def named(reg: Reg) -> str:
    """How a finding calls a resource."""
    _, _, kind = reg.type.partition(":")
    return f"{kind.split('/')[0]}.{reg.type.split(':')[-1]} {reg.name}"
