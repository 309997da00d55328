"""The security groups that tiers share, and what lets nodes speak."""

import pulumi
import pulumi_aws as aws

ANYWHERE, ANYWHERE_V6 = "0.0.0.0/0", "::/0"
HTTPS_PORT, DNS_PORT = 443, 53


def group(
    name: str, vpc_id: pulumi.Input[str], description: str, inside: pulumi.ResourceOptions
) -> aws.ec2.SecurityGroup:
    """A group without a rule: it lets nothing in and nothing out."""
    return aws.ec2.SecurityGroup(
        name, vpc_id=vpc_id, description=description, tags={"Name": name}, opts=inside
    )


def app_group(
    name: str, vpc_id: pulumi.Input[str], *, ipv6: bool, inside: pulumi.ResourceOptions
) -> aws.ec2.SecurityGroup:
    """Of nodes and pods: out by HTTPS, and to each other's DNS."""
    made = group(f"{name}-app", vpc_id, "Nodes and the pods on them", inside)
    way_out = "AWS APIs and the image registry, by endpoint or NAT gateway"
    out_by_https(f"{name}-app-https", made, way_out, inside)
    if ipv6:
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-app-https-v6",
            security_group_id=made.id,
            description="AWS APIs and the image registry, over IPv6",
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            cidr_ipv6=ANYWHERE_V6,
            opts=inside,
        )
    # The VPC's own resolver passes any group; this is a pod asking CoreDNS on another node.
    for protocol in ("tcp", "udp"):
        for rule in (aws.vpc.SecurityGroupEgressRule, aws.vpc.SecurityGroupIngressRule):
            rule(
                f"{name}-app-dns-{protocol}",
                security_group_id=made.id,
                referenced_security_group_id=made.id,
                description="Cluster DNS between nodes",
                ip_protocol=protocol,
                from_port=DNS_PORT,
                to_port=DNS_PORT,
                opts=inside,
            )
    return made


def out_by_https(
    name: str,
    of: aws.ec2.SecurityGroup,
    description: str,
    inside: pulumi.ResourceOptions,
) -> None:
    """Let the members of a group call anything by HTTPS."""
    aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=of.id,
        description=description,
        ip_protocol="tcp",
        from_port=HTTPS_PORT,
        to_port=HTTPS_PORT,
        cidr_ipv4=ANYWHERE,
        opts=inside,
    )


def https_from(
    name: str,
    into: aws.ec2.SecurityGroup,
    client_group_id: pulumi.Input[str],
    description: str,
    inside: pulumi.ResourceOptions,
) -> None:
    """Let the members of one group call another's by HTTPS."""
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=into.id,
        referenced_security_group_id=client_group_id,
        description=description,
        ip_protocol="tcp",
        from_port=HTTPS_PORT,
        to_port=HTTPS_PORT,
        opts=inside,
    )
