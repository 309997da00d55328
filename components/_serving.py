"""What CloudFront does on the way to the site's files: caching, the fallback, who may sign."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
import pulumi_aws as aws

A_DAY = 86400
FILE = r"\.[^\/]*$"
"""A path whose last part has an ending, in JavaScript's and Python's words alike."""
_FUNCTION = """\
function handler(event) {
  var request = event.request;
  if (!/%s/.test(request.uri)) {
    %s
  }
  return request;
}
"""
REWRITES = {
    "spa": 'request.uri = "/index.html";',
    "ssg": 'request.uri = request.uri.replace(/\\/?$/, "/index.html");',
}
"""What becomes of a path that names no file."""


def pages_policy(name: str, inside: pulumi.ResourceOptions) -> aws.cloudfront.CachePolicy:
    """Pages and other files without a hash in their name: cached as their own header says."""
    return aws.cloudfront.CachePolicy(
        f"{name}-pages",
        comment="As long as the file's own Cache-Control says, and no longer than a day",
        min_ttl=0,
        default_ttl=0,
        max_ttl=A_DAY,
        parameters_in_cache_key_and_forwarded_to_origin={
            "cookies_config": {"cookie_behavior": "none"},
            "headers_config": {"header_behavior": "none"},
            "query_strings_config": {"query_string_behavior": "none"},
            "enable_accept_encoding_gzip": True,
            "enable_accept_encoding_brotli": True,
        },
        opts=inside,
    )


def fallback_function(
    name: str, fallback: Literal["none", "spa", "ssg"], inside: pulumi.ResourceOptions
) -> aws.cloudfront.Function | None:
    """Shows a page where a path names no file, before the bucket is asked.

    An error page would do so after it, and for the API's errors too.
    """
    if fallback == "none":
        return None
    return aws.cloudfront.Function(
        f"{name}-pages",
        runtime="cloudfront-js-2.0",
        comment=f"{fallback}: paths without a file's ending",
        code=_FUNCTION % (FILE, REWRITES[fallback]),
        publish=True,
        opts=inside,
    )


def signers(
    name: str, paths: Mapping[str, Sequence[str]], inside: pulumi.ResourceOptions
) -> dict[str, aws.cloudfront.KeyGroup]:
    """For each path, whoever holds the other half of one of its keys."""
    # Named by what they are: a new key beside an old one, or the old one's end, moves no other.
    public = {
        pem: aws.cloudfront.PublicKey(
            f"{name}-key-{_short(pem)}",
            # AWS gives it back with a line end, and would else show a change for ever.
            encoded_key=f"{pem}\n",
            opts=inside,
        )
        for pem in sorted({pem for keys in paths.values() for pem in keys})
    }
    return {
        path: aws.cloudfront.KeyGroup(
            f"{name}-keys-{_short(path)}", items=[public[pem].id for pem in keys], opts=inside
        )
        for path, keys in paths.items()
    }


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
