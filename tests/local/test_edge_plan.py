"""Which origin, object and headers a request at the edge gets; what may be cached, and how long."""

import json
from typing import Any

import pytest

from stackyard.errors import StackyardError
from stackyard.local.edge_cache import EdgeCache, fresh_seconds
from stackyard.local.edge_plan import (
    Access,
    bucket_access,
    bucket_of,
    distribution,
    response_headers,
)
from tests.local.distributions import ARN, LAYOUT, described, items, planned


def policy(*actions: str, arn: str = ARN, principal: Any = None) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"Service": "cloudfront.amazonaws.com"},
        "Action": actions[0] if len(actions) == 1 else list(actions),
        "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
    }
    return json.dumps({"Statement": [statement]})


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/api/posts", "/api/*"),
        ("/api/", "/api/*"),
        ("/api", "*"),
        ("/API/posts", "*"),
        ("/", "*"),
        ("/x/api/posts", "*"),
    ],
)
def test_first_behaviour_that_matches_the_path_is_taken(path: str, pattern: str) -> None:
    assert planned().behaviour(path).pattern == pattern


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("images/*.jpg", "/images/a/b.jpg", True),
        ("*.gif", "/a/b.gif", True),
        ("/a?c", "/abc", True),
        ("/a?c", "/abbc", False),
        ("/a.c", "/abc", False),
    ],
)
def test_wildcards_of_a_path_pattern(pattern: str, path: str, matches: bool) -> None:
    behaviours = items({"PathPattern": pattern, "TargetOriginId": "api", "AllowedMethods": items()})

    found = planned(CacheBehaviors=behaviours).behaviour(path)

    assert (found.pattern == pattern) is matches


@pytest.mark.parametrize(
    ("path", "object_path"), [("/", "/index.html"), ("/a/", "/a/"), ("/a", "/a")]
)
def test_root_object_stands_for_the_root_alone(path: str, object_path: str) -> None:
    assert planned().object_path(path) == object_path


@pytest.mark.parametrize(
    ("domain", "bucket"),
    [
        ("my.site.s3.us-east-1.amazonaws.com", "my.site"),
        ("site.s3.amazonaws.com", "site"),
        ("127.10.1.1:8080", None),
        ("api.example.com", None),
    ],
)
def test_bucket_in_an_origins_name(domain: str, bucket: str | None) -> None:
    assert bucket_of(domain) == bucket


def test_distribution_without_a_local_address_is_an_error() -> None:
    foreign = {**described(LAYOUT), "DomainName": "d1.cloudfront.net"}

    with pytest.raises(StackyardError, match=r"E1 answers at 'd1\.cloudfront\.net', which is no"):
        distribution(foreign, kept={}, header_policies={}, access={})


@pytest.mark.parametrize(
    ("text", "access"),
    [
        (policy("s3:GetObject"), Access(reads=True)),
        (policy("s3:GetObject", "s3:ListBucket"), Access(reads=True, lists=True)),
        (policy("s3:GetObject", arn="arn:another"), Access()),
        (policy("s3:PutObject"), Access()),
        (policy("s3:GetObject", principal="*"), Access(reads=True)),
        (policy("s3:GetObject", principal={"Service": "logs.amazonaws.com"}), Access()),
        (json.dumps({"Statement": []}), Access()),
    ],
)
def test_what_a_bucket_policy_lets_the_distribution_do(text: str, access: Access) -> None:
    assert bucket_access(text, ARN) == access


def test_headers_of_a_response_headers_policy() -> None:
    headers = response_headers(
        {
            "securityHeadersConfig": {
                "strictTransportSecurity": {
                    "accessControlMaxAgeSec": 100.0,
                    "includeSubdomains": True,
                },
                "contentTypeOptions": {"override": True},
                "contentSecurityPolicy": {"contentSecurityPolicy": "default-src 'self'"},
            },
            "customHeadersConfig": {"items": [{"header": "X-A", "value": "b"}]},
        }
    )

    assert headers == {
        "Strict-Transport-Security": "max-age=100; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'self'",
        "X-A": "b",
    }


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("public, max-age=31536000, immutable", 31536000),
        ("max-age=60, s-maxage=5", 5),
        ("no-cache", 0),
        ("private, max-age=60", 0),
        ("no-store, max-age=60", 0),
        ("", 0),
    ],
)
def test_how_long_a_response_may_be_kept(cache_control: str, seconds: int) -> None:
    assert fresh_seconds(cache_control) == seconds


def test_cached_response_goes_when_its_time_is_over() -> None:
    now = [100.0]
    cache = EdgeCache(clock=lambda: now[0])
    cache.put("/a", (), b"body", seconds=10)

    now[0] = 109.9
    fresh = cache.get("/a")
    now[0] = 110.0
    stale = cache.get("/a")

    assert fresh is not None
    assert stale is None


def test_cache_drops_what_was_used_least_recently() -> None:
    cache = EdgeCache()
    body = b"x" * 1024 * 1024
    for number in range(16):
        cache.put(f"/{number}", (), body, seconds=60)
    cache.get("/0")

    cache.put("/16", (), body, seconds=60)

    assert cache.get("/0") is not None
    assert cache.get("/1") is None
