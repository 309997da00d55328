"""The state store: the bucket that keeps Pulumi's state, and the key that locks its secrets."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._closed_bucket import close_bucket
from components._key import make_key
from stacks.iam import policy

ALIAS = "alias/stackyard-secrets"
"""A fixed name: stack files and `pulumi stack init` name the key by it."""


@dataclass(frozen=True, kw_only=True)
class StateStoreArgs:
    """It stands before any stack, so nothing is wired."""

    bucket: str
    """A fixed name: whoever logs in to it has read no output yet."""
    region: str
    old_version_days: int
    protect: bool
    """Keep the bucket while it holds objects."""


class StateStore(pulumi.ComponentResource):
    """One bucket and one key for the state of every stack of an account and region."""

    url: pulumi.Output[str]
    """What `pulumi login` takes."""
    secrets_provider: pulumi.Output[str]
    """What `--secrets-provider` takes."""
    bucket_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    """Of the key under which both the bucket and the secrets in the state are encrypted."""
    alias_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: StateStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:StateStore", name, None, opts)
        key = make_key(f"{name}-key", description="state: bucket and secrets", parent=self)
        alias = aws.kms.Alias(
            f"{name}-key",
            name=ALIAS,
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        bucket = self._bucket(name, args, key)
        self.url = bucket.bucket.apply(lambda named: f"s3://{named}?region={args.region}")
        self.secrets_provider = alias.name.apply(
            lambda named: f"awskms://{named}?region={args.region}"
        )
        self.bucket_arn, self.key_arn, self.alias_arn = bucket.arn, key.arn, alias.arn
        self.register_outputs(
            {
                "url": self.url,
                "secretsProvider": self.secrets_provider,
                "bucketArn": self.bucket_arn,
                "keyArn": self.key_arn,
                "aliasArn": self.alias_arn,
            }
        )

    def _bucket(self, name: str, args: StateStoreArgs, key: aws.kms.Key) -> aws.s3.Bucket:
        bucket = aws.s3.Bucket(
            name,
            bucket=args.bucket,
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, protect=False)
        closed = close_bucket(
            name,
            bucket,
            {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": key.arn,
                },
                # One call of KMS for many objects: an update writes its state often.
                "bucket_key_enabled": True,
            },
            inside,
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            # Without it the next update of a stack overwrites the only copy.
            opts=pulumi.ResourceOptions(parent=self),
        )
        _forget_old_versions(name, args.old_version_days, bucket, versioning, parent=self)
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=bucket.arn.apply(_tls_only),
            # Two writes to one bucket's access settings at once answer with a conflict.
            opts=pulumi.ResourceOptions(parent=self, protect=False, depends_on=[closed]),
        )
        return bucket


def _forget_old_versions(
    name: str,
    days: int,
    bucket: aws.s3.Bucket,
    versioning: aws.s3.BucketVersioning,
    *,
    parent: pulumi.Resource,
) -> None:
    """What is current never goes by age: a stack that nobody touches for years has its state."""
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            {
                "id": "old-versions",
                "status": "Enabled",
                "filter": {"prefix": ""},
                # By days alone: a lock has one version, which a number of kept ones would keep.
                "noncurrent_version_expiration": {"noncurrent_days": days},
                # Locks come and go with every update and leave one each.
                "expiration": {"expired_object_delete_marker": True},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            }
        ],
        # A rule about old versions is accepted once there can be some.
        opts=pulumi.ResourceOptions(parent=parent, protect=False, depends_on=[versioning]),
    )


def _tls_only(bucket_arn: str) -> str:
    return policy(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
