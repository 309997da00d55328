"""Rows of CloudFront that moto has: origin access controls and distributions."""

import uuid

from stackyard.local.aws.connection import search
from stackyard.local.aws.names import as_list, as_object
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
"""The hosted zone of every distribution (Route 53, alias targets)."""

DISTRIBUTION_NAMES = {
    "originId": "Id",
    "locations": "Items",
    "orderedCacheBehaviors": "CacheBehaviors",
    "loggingConfig": "Logging",
    "cachedMethods": "",
}


def _access_control(call: Call) -> JsonObject | None:
    answer = call.do("get_origin_access_control", Id=call.id)
    control = answer["OriginAccessControl"]["OriginAccessControlConfig"]
    return {**control, "ETag": answer.get("ETag")}


def _access_outputs(call: Call, found: JsonObject) -> JsonObject:
    arn = f"arn:aws:cloudfront::123456789012:origin-access-control/{call.id}"
    return {"arn": arn, "etag": found.get("ETag") or ""}


def _access_description(call: Call, arguments: JsonObject) -> None:
    config = arguments["OriginAccessControlConfig"]
    config.setdefault("Description", "Managed by Pulumi")
    if call.olds is not None:
        answer = call.do("get_origin_access_control", Id=call.id)
        arguments["IfMatch"] = answer.get("ETag") or "moto"


def _behaviours(config: JsonObject, props: JsonObject) -> None:
    """Move cachedMethods to where CloudFront has them: inside AllowedMethods."""
    ordered = as_list(props.get("orderedCacheBehaviors"))
    pairs = [(config["DefaultCacheBehavior"], props["defaultCacheBehavior"])]
    pairs += list(zip(config.get("CacheBehaviors", {}).get("Items", []), ordered, strict=True))
    for behaviour, given in pairs:
        cached = list(given.get("cachedMethods") or ["GET", "HEAD"])
        allowed = behaviour.setdefault("AllowedMethods", {"Quantity": 2, "Items": ["GET", "HEAD"]})
        allowed["CachedMethods"] = {"Quantity": len(cached), "Items": cached}
        if "TrustedKeyGroups" in behaviour:
            behaviour["TrustedKeyGroups"]["Enabled"] = True


def _origin_groups(config: JsonObject, props: JsonObject) -> None:
    """Let the first member stand for a group: moto lets no behaviour lead to one."""
    if config.pop("OriginGroups", None) is None:
        return
    first = {
        group["originId"]: group["members"][0]["originId"]
        for group in as_list(props["originGroups"])
    }
    ordered = config.get("CacheBehaviors", {}).get("Items", [])
    for behaviour in (config["DefaultCacheBehavior"], *ordered):
        target = behaviour["TargetOriginId"]
        behaviour["TargetOriginId"] = first.get(target, target)


def _origins(config: JsonObject, props: JsonObject) -> None:
    for origin, given in zip(config["Origins"]["Items"], props["origins"], strict=True):
        headers = [
            {"HeaderName": header["name"], "HeaderValue": header["value"]}
            for header in as_list(given.get("customHeaders"))
        ]
        origin["CustomHeaders"] = {"Quantity": len(headers), "Items": headers}
        kinds = {"S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig"}
        if given.get("originAccessControlId") and not kinds & origin.keys():
            origin["S3OriginConfig"] = {"OriginAccessIdentity": ""}


def _distribution(call: Call, arguments: JsonObject) -> None:
    config = arguments["DistributionConfig"]
    config.setdefault("Comment", "")
    _behaviours(config, call.props)
    _origins(config, call.props)
    _origin_groups(config, call.props)
    if call.olds is None:
        config["CallerReference"] = str(uuid.uuid4())
        return
    answer = call.do("get_distribution_config", Id=call.id)
    config["CallerReference"] = answer["DistributionConfig"]["CallerReference"]
    arguments["IfMatch"] = answer["ETag"]


def _read_distribution(call: Call) -> JsonObject | None:
    answer = call.do("get_distribution", Id=call.id)
    found = answer["Distribution"]
    tags = call.do("list_tags_for_resource", Resource=found["ARN"])["Tags"]["Items"]
    return {**found, "ETag": answer["ETag"], "Tags": tags}


def _distribution_outputs(call: Call, found: JsonObject) -> JsonObject:
    return {
        "hostedZoneId": CLOUDFRONT_ZONE,
        "etag": found["ETag"],
        "status": "Deployed",
        "callerReference": search("DistributionConfig.CallerReference", found) or call.id,
    }


def _tags(call: Call) -> None:
    """Set tags: CloudFront takes them as {Items}, at create by another call than ours."""
    if not call.tags or (call.olds is not None and not call.due("tags")):
        return
    arn = f"arn:aws:cloudfront::123456789012:distribution/{call.id}"
    pairs = [{"Key": k, "Value": str(v)} for k, v in sorted(call.tags.items())]
    call.do("tag_resource", Resource=arn, Tags={"Items": pairs})
    before = as_object(as_object(call.olds).get("tags"))
    gone = sorted(before.keys() - call.tags.keys())
    if gone:
        call.do("untag_resource", Resource=arn, TagKeys={"Items": gone})


def _end_distribution(call: Call) -> None:
    """Disable the distribution, then delete it, as pulumi-aws does."""
    answer = call.do("get_distribution_config", Id=call.id)
    config, etag = answer["DistributionConfig"], answer["ETag"]
    if config["Enabled"]:
        config["Enabled"] = False
        etag = call.do("update_distribution", Id=call.id, IfMatch=etag, DistributionConfig=config)[
            "ETag"
        ]
    call.do("delete_distribution", Id=call.id, IfMatch=etag)


ROWS: tuple[Spec, ...] = (
    row(
        "cloudfront/originAccessControl:OriginAccessControl", "cloudfront",
        "origin_access_control", "Id", into="OriginAccessControlConfig", name="name",
        name_limit=64, describe=_access_control, update="update_origin_access_control",
        arrange=_access_description, outputs=_access_outputs,
        defaults={"description": "Managed by Pulumi"}, replacing=("name",),
    ),
    row(
        "cloudfront/distribution:Distribution", "cloudfront", "distribution", "Id",
        into="DistributionConfig", describe=_read_distribution, update="update_distribution",
        rename=DISTRIBUTION_NAMES, arrange=_distribution, settle=(_tags,),
        outputs=_distribution_outputs, delete_call=_end_distribution,
        attrs={
            "arn": "ARN", "domainName": "DomainName", "lastModifiedTime": "LastModifiedTime",
        },
        kept=(
            "origins", "defaultCacheBehavior", "orderedCacheBehaviors", "customErrorResponses",
            "loggingConfig", "restrictions", "viewerCertificate", "originGroups", "staging",
            "continuousDeploymentPolicyId", "defaultRootObject",
        ),
        defaults={"httpVersion": "http2", "priceClass": "PriceClass_All"},
        replacing=("staging",), fresh=("etag",),
    ),
)  # fmt: skip
