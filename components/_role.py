"""An IAM role of a part's own."""

import pulumi
import pulumi_aws as aws

from stacks.iam import STACK_PATH


def make_role(name: str, trust: pulumi.Input[str], opts: pulumi.ResourceOptions) -> aws.iam.Role:
    """A role under the path of stacks: by it bootstrap's deploy role may make and change it."""
    return aws.iam.Role(name, path=STACK_PATH, assume_role_policy=trust, opts=opts)
