"""The program of the tests that kill the engine: two dozen resources, ids of every kind.

Its second edition replaces one, updates two, adds one and takes one away.
"""

import json

import pulumi
import pulumi_aws as aws
import pulumi_random as random

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"


def main() -> None:
    """A VPC with two subnets and a way out, a bucket, a key, a secret, a role, a target group."""
    tags = {"project": "app", "stack": pulumi.get_stack()}
    provider = aws.Provider("aws", region="us-east-1", default_tags={"tags": tags})
    opts = pulumi.ResourceOptions(provider=provider)
    second = pulumi.Config().get("edition") == "second"
    _network(opts, port=8080 if second else 80)
    _data(opts, second=second)


def _network(opts: pulumi.ResourceOptions, *, port: int) -> None:
    tags = {"Name": "net", "port": str(port)}
    vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags=tags, opts=opts)
    gateway = aws.ec2.InternetGateway("net", vpc_id=vpc.id, tags={"Name": "net"}, opts=opts)
    table = aws.ec2.RouteTable("net", vpc_id=vpc.id, tags={"Name": "net"}, opts=opts)
    aws.ec2.Route(
        "out",
        route_table_id=table.id,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=gateway.id,
        opts=opts,
    )
    for index, zone in enumerate("ab"):
        subnet = aws.ec2.Subnet(
            f"net-{zone}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{index}.0/24",
            availability_zone=f"us-east-1{zone}",
            tags={"Name": f"net-{zone}"},
            opts=opts,
        )
        aws.ec2.RouteTableAssociation(
            f"net-{zone}", subnet_id=subnet.id, route_table_id=table.id, opts=opts
        )
    group = aws.ec2.SecurityGroup("app", vpc_id=vpc.id, description="The app", opts=opts)
    aws.vpc.SecurityGroupIngressRule(
        "https",
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        cidr_ipv4="10.0.0.0/16",
        opts=opts,
    )
    aws.lb.TargetGroup("app", vpc_id=vpc.id, port=port, protocol="HTTP", opts=opts)


def _data(opts: pulumi.ResourceOptions, *, second: bool) -> None:
    suffix = random.RandomId("suffix", byte_length=4)
    password = random.RandomPassword("app", length=20)
    aws.cloudwatch.LogGroup("app", name=suffix.hex.apply("app-{}".format), opts=opts)
    key = aws.kms.Key("app", description=f"app: secrets{', all' if second else ''}", opts=opts)
    secret = aws.secretsmanager.Secret("app", kms_key_id=key.arn, opts=opts)
    aws.secretsmanager.SecretVersion(
        "app", secret_id=secret.id, secret_string=password.result, opts=opts
    )
    bucket = aws.s3.Bucket("files", opts=opts)
    if not second:
        aws.s3.BucketVersioning(
            "files",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=opts,
        )
    role = aws.iam.Role("app", assume_role_policy=TRUST, opts=opts)
    aws.iam.RolePolicyAttachment("app", role=role.name, policy_arn=READ_ONLY, opts=opts)
    if second:
        aws.iam.RolePolicyAttachment("audit", role=role.name, policy_arn=AUDIT, opts=opts)


if __name__ == "__main__":
    main()
