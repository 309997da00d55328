"""The VPC's flow log: a log group, and the right to write to it alone."""

import pulumi
import pulumi_aws as aws

from components._role import make_role
from stacks.iam import allows, trusts


def flow_log(
    name: str, vpc_id: pulumi.Input[str], *, traffic: str, days: int, parent: pulumi.Resource
) -> None:
    """Keep what the VPC let pass or refused for `days`; `traffic` is AWS's ALL or REJECT."""
    log_name, opts = f"{name}-flow", pulumi.ResourceOptions(parent=parent)
    group = aws.cloudwatch.LogGroup(log_name, retention_in_days=days, opts=opts)
    role = make_role(log_name, trusts("vpc-flow-logs"), opts)
    aws.iam.RolePolicy(log_name, role=role.id, policy=group.arn.apply(_may_write_to), opts=opts)
    aws.ec2.FlowLog(
        log_name,
        vpc_id=vpc_id,
        traffic_type=traffic,
        log_destination=group.arn,
        iam_role_arn=role.arn,
        # AWS takes one flow log a destination: the next one would not be made beside it.
        opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
    )


def _may_write_to(log_group_arn: str) -> str:
    verbs = ["CreateLogStream", "PutLogEvents", "DescribeLogStreams"]
    return allows(
        {"Action": [f"logs:{verb}" for verb in verbs], "Resource": [f"{log_group_arn}:*"]},
        # A list of all groups: IAM takes no single one for it.
        {"Action": "logs:DescribeLogGroups", "Resource": "*"},
    )
