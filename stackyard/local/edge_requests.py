"""What the edge sends to origins: forwarded headers, signed S3 requests."""

from __future__ import annotations

import uuid
from urllib.parse import quote, unquote

from aiohttp import web
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from multidict import CIMultiDict

from stackyard.local.edge_plan import Behaviour, Origin
from stackyard.local.embedded_aws import REGION
from stackyard.local.secrets import Secrets

HOP_BY_HOP = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
        "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Of one connection only (RFC 9110, section 7.6.1)."""
S3_ASKS = ("Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
S3_ANSWERS = (
    "Content-Type", "Content-Length", "Content-Range", "Content-Encoding", "Content-Language",
    "Content-Disposition", "Cache-Control", "Expires", "ETag", "Last-Modified", "Accept-Ranges",
)  # fmt: skip

_NOT_FORWARDED = HOP_BY_HOP | {"host", "expect", "x-forwarded-for", "via", "x-amz-cf-id"}
_WITHOUT_POLICY = {"content-type", "content-length", "content-encoding", "accept", "range"}
"""What reaches an origin without an origin request policy; CloudFront adds the rest itself."""


def kept_headers(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    """The headers that go on to the next hop."""
    named = {
        name.strip().lower()
        for value in headers.getall("Connection", [])
        for name in value.split(",")
    }
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in HOP_BY_HOP and name.lower() not in named
    )


def forwarded_headers(request: web.Request, behaviour: Behaviour) -> CIMultiDict[str]:
    """The headers of a request to a custom or VPC origin, as CloudFront sends them."""
    headers = CIMultiDict(
        (name, value)
        for name, value in kept_headers(CIMultiDict(request.headers)).items()
        if name.lower() not in _NOT_FORWARDED
        and (behaviour.forwards_viewer or name.lower() in _WITHOUT_POLICY)
    )
    if not behaviour.forwards_viewer:
        headers["User-Agent"] = "Amazon CloudFront"
    if behaviour.forwards_host:
        headers["Host"] = request.host
    earlier = [*request.headers.getall("X-Forwarded-For", []), request.remote or ""]
    headers["X-Forwarded-For"] = ", ".join(part for part in earlier if part)
    hops = request.headers.getall("Via", [])
    headers["Via"] = ", ".join([*hops, via(request.host)])
    headers["X-Amz-Cf-Id"] = uuid.uuid4().hex
    for name, value in behaviour.origin.headers.items():
        headers[name] = value
    return headers


def via(host: str) -> str:
    """How the edge names itself on the way."""
    return f"1.1 {host} (CloudFront)"


def object_url(endpoint: str, origin: Origin, path: str) -> str:
    """The URL of an S3 object at the embedded AWS."""
    key = quote(unquote(origin.path + path), safe="/-_.~")
    return f"{endpoint}/{origin.bucket}{key}"


def s3_headers(request: web.Request, url: str, secrets: Secrets) -> dict[str, str]:
    """The signed headers of a read of an S3 object; the viewer's conditions and range go along."""
    asked = {name: request.headers[name] for name in S3_ASKS if name in request.headers}
    signed = AWSRequest(method=request.method, url=url, headers=asked)
    credentials = Credentials(secrets.access_key_id, secrets.secret_access_key)
    S3SigV4Auth(credentials, "s3", REGION).add_auth(signed)
    return {name: str(value) for name, value in signed.headers.items()}
