"""Both halves of a way through two security groups: out of the client's, into the server's."""

import pulumi
import pulumi_aws as aws


def connect(
    name: str,
    *,
    client: pulumi.Input[str],
    server: pulumi.Input[str],
    port: int,
    opts: pulumi.ResourceOptions,
) -> None:
    """Let one group's members call another's on a TCP port; the rules are named `name`."""
    aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=client,
        referenced_security_group_id=server,
        description=f"{name}: out",
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        opts=opts,
    )
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=server,
        referenced_security_group_id=client,
        description=f"{name}: in",
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        opts=opts,
    )
