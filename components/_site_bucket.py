"""The site's bucket: closed to all but one distribution, filled from files."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components._closed_bucket import S3_KEY, close_bucket
from stacks.content_types import content_type

IMMUTABLE = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"
AN_HOUR = "public, max-age=3600"
OLD_VERSION_DAYS = 30


class SiteBucket(NamedTuple):
    """The bucket, and the settings that others wait for."""

    name: str
    """Logical name of the bucket, which those of its files begin with."""
    region: str | None
    """Where it stands, if not in the provider's region."""
    bucket: aws.s3.Bucket
    closed: aws.s3.BucketPublicAccessBlock
    versioning: aws.s3.BucketVersioning


def site_bucket(
    name: str, *, protect: bool, region: str | None = None, parent: pulumi.Resource
) -> SiteBucket:
    """Private, versioned, encrypted; `protect` keeps it while it holds files.

    It stands in the provider's region if none is given.
    """
    inside = pulumi.ResourceOptions(parent=parent)
    bucket = aws.s3.Bucket(name, force_destroy=not protect, region=region, opts=inside)
    # S3's own key: the content is public, and CloudFront needs no grant for it.
    closed = close_bucket(name, bucket, S3_KEY, inside, region)
    versioning = aws.s3.BucketVersioning(
        name,
        bucket=bucket.bucket,
        region=region,
        versioning_configuration={"status": "Enabled"},
        opts=inside,
    )
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        region=region,
        rules=[
            {
                "id": "old-versions",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": OLD_VERSION_DAYS},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            }
        ],
        # A rule about old versions is accepted once there can be some.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[versioning]),
    )
    return SiteBucket(name, region, bucket, closed, versioning)


def upload(
    files: Mapping[str, Path],
    site: SiteBucket,
    *,
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> None:
    """Pages last, and `after` what they ask: none that is served names what is not there yet."""
    # Versioned from the first object on.
    first = pulumi.ResourceOptions(parent=parent, depends_on=[site.versioning])
    assets = [
        _object(key, files[key], site, opts=first) for key in sorted(files) if not _is_page(key)
    ]
    last = pulumi.ResourceOptions(parent=parent, depends_on=[site.versioning, *assets, *after])
    for key in filter(_is_page, sorted(files)):
        _object(key, files[key], site, opts=last)


def _object(
    key: str, file: Path, site: SiteBucket, *, opts: pulumi.ResourceOptions
) -> aws.s3.BucketObjectv2:
    return aws.s3.BucketObjectv2(
        object_name(site.name, key),
        bucket=site.bucket.bucket,
        region=site.region,
        key=key,
        source=pulumi.FileAsset(str(file)),
        content_type=content_type(key),
        cache_control=cache_control(key),
        opts=opts,
    )


def object_name(name: str, key: str) -> str:
    """A logical name of 24 characters at most that tells the file and differs for each key."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:6]
    room = 24 - len(name) - len(digest) - 2
    return f"{name}-{PurePosixPath(key).name[:room]}-{digest}"


def cache_control(key: str) -> str:
    """Assets carry a hash in their name; pages are asked for anew each time."""
    if key.startswith("assets/"):
        return IMMUTABLE
    return ALWAYS_ASK if _is_page(key) else AN_HOUR


def _is_page(key: str) -> bool:
    return key.endswith(".html")


def allow_distribution(
    site: SiteBucket, distribution_arn: pulumi.Input[str], *, parent: pulumi.Resource
) -> None:
    """Let one distribution read, over TLS; nobody else may do anything."""
    aws.s3.BucketPolicy(
        site.name,
        bucket=site.bucket.bucket,
        region=site.region,
        policy=pulumi.Output.all(site.bucket.arn, distribution_arn).apply(
            lambda arns: _policy(bucket_arn=arns[0], distribution_arn=arns[1])
        ),
        # Two writes to one bucket's access settings at once answer with a conflict.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[site.closed]),
    )


def _policy(*, bucket_arn: str, distribution_arn: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "DistributionReads",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudfront.amazonaws.com"},
                    "Action": "s3:GetObject",
                    "Resource": f"{bucket_arn}/*",
                    "Condition": {"StringEquals": {"aws:SourceArn": distribution_arn}},
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
