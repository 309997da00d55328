"""What a request to the embedded AWS is: whose, which operation, whether it changes anything."""

import re
from enum import Enum
from urllib.parse import parse_qs

from stackyard.local.wire import JsonObject

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/([^/]+)/")
ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
READS = re.compile(
    r"^(Describe|List|Get|Head|Search|Lookup|BatchGet|Query|Scan|Filter|Simulate|Check|Preview"
    r"|Assume|Encrypt|Decrypt|GenerateDataKey|Verify|Sign|StartQuery|Test)"
)
PASSING = {"PutMetricData", "RegisterTargets", "DeregisterTargets", "PutLogEvents"}
"""Mutating calls that are not kept: reconcilers and the app make them anew after a start."""

ENDS = re.compile(r"^(Delete|Release|Deregister|Schedule|Remove|Terminate|Revoke|Detach)")


class Effect(Enum):
    """What a call does to the cloud."""

    READ = "reads"
    PASSING = "changes what is made anew after a start"
    KEPT = "changes what the journal keeps"


XML_SERVICES = {
    "autoscaling", "cloudformation", "cloudfront", "ec2", "elasticache", "elasticloadbalancing",
    "iam", "rds", "route53", "s3", "sns", "sqs", "sts",
}  # fmt: skip
"""Services that answer in XML; all others answer in JSON."""


def speaks_json(environ: JsonObject) -> bool:
    """Whether the caller expects JSON, by the service it signed for."""
    signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return bool(signed) and signed.group(3) not in XML_SERVICES


def access_key_id(environ: JsonObject) -> str:
    """The access key id a request is signed with; empty for an unsigned one."""
    signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed:
        return signed.group(1)
    query = parse_qs(environ.get("QUERY_STRING", ""))
    presigned = query.get("X-Amz-Credential", query.get("AWSAccessKeyId", [""]))[0]
    return presigned.split("/")[0]


def operation(environ: JsonObject, body: bytes) -> str:
    """AWS's name of the operation, or the HTTP method where the protocol has no name for it."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rsplit(".", 1)[-1]
    named = ACTION.search(body) or ACTION.search(environ.get("QUERY_STRING", "").encode())
    return named.group(1).decode() if named else str(environ["REQUEST_METHOD"])


def effect(name: str) -> Effect:
    """What an operation of this name does."""
    if name in {"GET", "HEAD", "OPTIONS"} or READS.match(name):
        return Effect.READ
    return Effect.PASSING if name in PASSING else Effect.KEPT


def may_empty(name: str) -> bool:
    """Whether the cloud may be empty after an operation of this name."""
    return name == "DELETE" or bool(ENDS.match(name))
