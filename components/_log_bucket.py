"""A bucket that a load balancer writes its access logs to."""

import json
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components._closed_bucket import S3_KEY, close_bucket


class AccessLogBucket(NamedTuple):
    """The bucket, and the policy without which nobody may write to it."""

    bucket: aws.s3.Bucket
    policy: aws.s3.BucketPolicy


def access_log_bucket(
    name: str, *, days: int, protect: bool, parent: pulumi.Resource
) -> AccessLogBucket:
    """Closed, encrypted, emptied by age; `protect` keeps it while it holds logs."""
    inside = pulumi.ResourceOptions(parent=parent)
    bucket = aws.s3.Bucket(f"{name}-logs", force_destroy=not protect, opts=inside)
    # S3's own key: load balancers cannot write to a bucket under a key of KMS.
    closed = close_bucket(f"{name}-logs", bucket, S3_KEY, inside)
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-logs",
        bucket=bucket.bucket,
        rules=[
            {
                "id": "age",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": days},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            }
        ],
        opts=inside,
    )
    policy = aws.s3.BucketPolicy(
        f"{name}-logs",
        bucket=bucket.bucket,
        policy=bucket.arn.apply(_policy),
        # Two writes to one bucket's access settings at once answer with a conflict.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[closed]),
    )
    return AccessLogBucket(bucket, policy)


def _policy(bucket_arn: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "LoadBalancerWrites",
                    "Effect": "Allow",
                    "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": f"{bucket_arn}/*",
                },
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket_arn, f"{bucket_arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
    )
