"""What every bucket has: nobody from outside comes in, its files are ours, all is encrypted."""

import pulumi
import pulumi_aws as aws

S3_KEY: aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict = {
    "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}
}
"""Encryption by S3's own key, which costs nothing and needs no grant."""


def close_bucket(
    name: str,
    bucket: aws.s3.Bucket,
    encryption: aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict,
    opts: pulumi.ResourceOptions,
    region: str | None = None,
) -> aws.s3.BucketPublicAccessBlock:
    """Close it; a policy waits for what is given back, since it would be judged without."""
    closed = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        region=region,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketOwnershipControls(
        name,
        bucket=bucket.bucket,
        region=region,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=opts,
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, region=region, rules=[encryption], opts=opts
    )
    return closed
