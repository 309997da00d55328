"""Rows of S3: a bucket, its settings one by one, its objects."""

import base64
import mimetypes
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from stackyard.local.aws.connection import error_code, search
from stackyard.local.aws.names import as_object
from stackyard.local.aws.spec import Call, Spec
from stackyard.local.properties import ASSETS, SIGNATURE
from stackyard.local.wire import JsonObject

WEBSITE_ZONE = "Z3AQBSTGFYJSTF"
OBJECT_MEMBERS = (
    "ACL", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage",
    "ContentType", "Metadata", "ServerSideEncryption", "SSEKMSKeyId", "StorageClass",
)  # fmt: skip


def _bucket_place(call: Call, arguments: JsonObject) -> None:
    arguments.clear()
    arguments["Bucket"] = call.props["bucket"]
    if call.aws.region != "us-east-1":
        place = {"LocationConstraint": call.aws.region}
        arguments["CreateBucketConfiguration"] = place


def _bucket(call: Call) -> JsonObject | None:
    call.do("head_bucket", Bucket=call.id)
    try:
        told = call.do("get_bucket_tagging", Bucket=call.id)["TagSet"]
    except ClientError as error:
        if error_code(error) != "NoSuchTagSet":
            raise
        told: list[JsonObject] = []
    return {"Bucket": call.id, "TagSet": told}


def _bucket_tags(call: Call) -> None:
    if call.olds is not None and not call.due("tags"):
        return
    if call.tags:
        pairs = [{"Key": k, "Value": str(v)} for k, v in sorted(call.tags.items())]
        call.do("put_bucket_tagging", Bucket=call.id, Tagging={"TagSet": pairs})
    elif call.olds is not None:
        call.do("delete_bucket_tagging", Bucket=call.id)


def _bucket_outputs(call: Call, _found: JsonObject) -> JsonObject:
    region = call.aws.region
    return {
        "arn": f"arn:aws:s3:::{call.id}",
        "bucket": call.id,
        "bucketDomainName": f"{call.id}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{call.id}.s3.{region}.amazonaws.com",
        "hostedZoneId": WEBSITE_ZONE,
        "bucketRegion": region,
    }


def _empty(call: Call) -> None:
    """Delete all objects and versions of a bucket that says forceDestroy."""
    if not call.props.get("forceDestroy"):
        return
    for kind in ("Versions", "DeleteMarkers"):
        expression = f"{kind}[].{{Key: Key, VersionId: VersionId}}"
        found = call.aws.every("s3", "list_object_versions", expression, Bucket=call.id)
        for item in found:
            call.do("delete_object", Bucket=call.id, **item)


def _sub(kind: str, noun: str, *, into: str = "", delete: str | None = None, **rest: Any) -> Spec:
    """A setting of a bucket: put_x, get_x, delete_x, keyed by the bucket."""
    name = kind[0].upper() + kind[1:]
    return Spec(
        pulumi_type=f"aws:s3/{kind}:{name}", service="s3", create=f"put_{noun}", read=f"get_{noun}",
        update=f"put_{noun}", delete=f"delete_{noun}" if delete is None else delete,
        keys=("Bucket",), into=into, path=rest.pop("path", into or "@"),
        replacing=("bucket", "expectedBucketOwner"), **rest,
    )  # fmt: skip


def _versioning(call: Call, arguments: JsonObject) -> None:
    status = call.props["versioningConfiguration"]["status"]
    arguments["VersioningConfiguration"] = {"Status": status}


def _read_versioning(call: Call) -> JsonObject | None:
    status = call.do("get_bucket_versioning", Bucket=call.id).get("Status")
    return {"VersioningConfiguration": {"Status": status}} if status else None


def _suspend(call: Call) -> None:
    suspended = {"Status": "Suspended"}
    call.do("put_bucket_versioning", Bucket=call.id, VersioningConfiguration=suspended)


def _policy(call: Call) -> JsonObject | None:
    return {"Policy": call.do("get_bucket_policy", Bucket=call.id)["Policy"]}


def _lifecycle(_call: Call, arguments: JsonObject) -> None:
    """S3 wants a filter in each rule; an absent one means all objects."""
    for rule in arguments["LifecycleConfiguration"]["Rules"]:
        if not rule.get("Filter") and "Prefix" not in rule:
            rule["Filter"] = {"Prefix": ""}


def asset_bytes(source: Any) -> bytes:
    """What an asset of the engine holds. Raises `ValueError` for what is no asset."""
    asset = as_object(source)
    if asset.get(SIGNATURE) in ASSETS:
        if asset.get("text"):
            return str(asset["text"]).encode()
        return Path(str(asset["path"])).read_bytes() if asset.get("path") else b""
    if isinstance(source, str):
        return Path(source).read_bytes()
    raise ValueError(f"source {source!r} is no file asset and no string asset; give one of these")


def _body(props: JsonObject) -> bytes:
    if props.get("source") is not None:
        return asset_bytes(props["source"])
    if props.get("contentBase64"):
        return base64.b64decode(props["contentBase64"])
    return str(props.get("content") or "").encode()


def _object_arguments(call: Call, arguments: JsonObject) -> None:
    props = call.props
    kept = {k: v for k, v in arguments.items() if k in OBJECT_MEMBERS}
    arguments.clear()
    key = str(props.get("key"))
    guess = mimetypes.guess_type(key)[0] or "application/octet-stream"
    arguments |= {"ContentType": guess, **kept, "Bucket": props["bucket"], "Key": key}
    arguments["Body"] = _body(props)


def _object(call: Call) -> JsonObject | None:
    bucket, key = call.id.split("/", 1)
    found = call.do("head_object", Bucket=bucket, Key=key)
    return {**found, "Etag": str(found["ETag"]).strip('"'), "Bucket": bucket, "Key": key}


def _object_outputs(call: Call, found: JsonObject) -> JsonObject:
    bucket, key = call.id.split("/", 1)
    return {
        "arn": f"arn:aws:s3:::{bucket}/{key}",
        "etag": call.props.get("etag") or found["Etag"],
        "contentType": found.get("ContentType"),
        "versionId": search("VersionId", found) or "",
        "source": call.props.get("source"),
    }


def _end_object(call: Call) -> None:
    """Delete the object with all its versions, as pulumi-aws does."""
    bucket, key = call.id.split("/", 1)
    versions = call.aws.every("s3", "list_object_versions", "Versions[]", Bucket=bucket, Prefix=key)
    markers = call.aws.every(
        "s3", "list_object_versions", "DeleteMarkers[]", Bucket=bucket, Prefix=key
    )
    call.do("delete_object", Bucket=bucket, Key=key)
    for item in (*versions, *markers):
        if item["Key"] == key:
            call.do("delete_object", Bucket=bucket, Key=key, VersionId=item["VersionId"])
    left = call.aws.every(
        "s3", "list_object_versions", "DeleteMarkers[]", Bucket=bucket, Prefix=key
    )
    for item in left:
        if item["Key"] == key:
            call.do("delete_object", Bucket=bucket, Key=key, VersionId=item["VersionId"])


ROWS: tuple[Spec, ...] = (
    Spec(
        pulumi_type="aws:s3/bucket:Bucket", service="s3", create="create_bucket", describe=_bucket,
        delete="delete_bucket", keys=("Bucket",), name="bucket", name_limit=63, lower_name=True,
        arrange=_bucket_place, settle=(_bucket_tags,), outputs=_bucket_outputs,
        before_delete=(_empty,),
        replacing=("bucket", "bucketPrefix", "objectLockEnabled", "region"),
    ),
    _sub(
        "bucketVersioning", "bucket_versioning", describe=_read_versioning, arrange=_versioning,
        delete="", delete_call=_suspend,
    ),
    _sub(
        "bucketServerSideEncryptionConfiguration", "bucket_encryption",
        into="ServerSideEncryptionConfiguration",
    ),
    _sub(
        "bucketPublicAccessBlock", "public_access_block", into="PublicAccessBlockConfiguration"
    ),
    _sub("bucketOwnershipControls", "bucket_ownership_controls", into="OwnershipControls",
         rename={"rule": "Rules"}),
    _sub("bucketPolicy", "bucket_policy", describe=_policy),
    _sub(
        "bucketLifecycleConfiguration", "bucket_lifecycle_configuration",
        into="LifecycleConfiguration", path="@", arrange=_lifecycle, whole_update=True,
        delete="delete_bucket_lifecycle", rename={"id": "ID"}, kept=("rules",),
    ),
    Spec(
        pulumi_type="aws:s3/bucketObjectv2:BucketObjectv2", service="s3", create="put_object",
        update="put_object", describe=_object, delete_call=_end_object, keys=("Bucket", "Key"),
        separator="/", whole_update=True, name="key", arrange=_object_arguments,
        outputs=_object_outputs, rename={"kmsKeyId": "SSEKMSKeyId"},
        replacing=("bucket", "key"), fresh=("etag", "versionId"),
    ),
)  # fmt: skip
