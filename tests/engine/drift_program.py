"""The program of the tests of drift: a network, a group with a rule, a role, a bucket, a secret."""

import json

import pulumi
import pulumi_aws as aws

CANARY = "canary-8d1e-in-a-secret"


def policy(action: str, **whom: object) -> str:
    """Of one statement."""
    statement = {"Effect": "Allow", "Action": action, **whom}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = policy("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"})
LIST = policy("s3:ListAllMyBuckets", Resource="*")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def main() -> None:
    """`renamed` is what the program says before the state knows it."""
    opts = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-east-1"))
    renamed = pulumi.Config().get("renamed")
    vpc = aws.ec2.Vpc(
        "net", cidr_block="10.0.0.0/16", tags={"Name": renamed or "net", "team": "a"}, opts=opts
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
    role = aws.iam.Role("app", assume_role_policy=TRUST, opts=opts)
    aws.iam.RolePolicyAttachment("app", role=role.name, policy_arn=READ_ONLY, opts=opts)
    aws.iam.RolePolicy("own", role=role.name, policy=LIST, opts=opts)
    aws.s3.Bucket("files", opts=opts)
    secret = aws.secretsmanager.Secret("app", opts=opts)
    aws.secretsmanager.SecretVersion(
        "app", secret_id=secret.id, secret_string=pulumi.Output.secret(CANARY), opts=opts
    )
    _database(opts)


def _database(opts: pulumi.ResourceOptions) -> None:
    """Whose minor version AWS may lift by itself."""
    cluster = aws.rds.Cluster(
        "db",
        engine=aws.rds.EngineType.AURORA_MYSQL,
        engine_version="8.0.mysql_aurora.3.08.2",
        master_username="root_user",
        manage_master_user_password=True,
        backup_retention_period=7,
        skip_final_snapshot=True,
        opts=pulumi.ResourceOptions(provider=opts.provider, ignore_changes=["engineVersion"]),
    )
    aws.rds.ClusterInstance(
        "writer",
        cluster_identifier=cluster.id,
        engine=aws.rds.EngineType.AURORA_MYSQL,
        instance_class="db.t4g.medium",
        opts=opts,
    )


if __name__ == "__main__":
    main()
