"""A KMS key of a part's own."""

import pulumi
import pulumi_aws as aws

DELETION_DAYS = 30
"""The longest AWS lets a deleted key or secret be brought back; neither costs meanwhile."""


def make_key(name: str, *, description: str, parent: pulumi.Resource) -> aws.kms.Key:
    """A key that rotates yearly; it takes `protect` from its parent, as the data it locks does."""
    return aws.kms.Key(
        name,
        description=description,
        enable_key_rotation=True,
        deletion_window_in_days=DELETION_DAYS,
        opts=pulumi.ResourceOptions(parent=parent),
    )
