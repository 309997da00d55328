"""Settings of the edge: CloudFront, the load balancer and the web ACL."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from stacks.checks import different
from stacks.section import Section
from stacks.waf import BODY_SIZE_RULE, known_rules

KEEP_ALIVE_SECONDS = 60
"""How long the API's image keeps an idle connection (app-image/task1/__main__.py)."""
ORIGIN_KEEP_ALIVE_SECONDS = 30
"""How long CloudFront keeps one to the load balancer."""
MARGIN_SECONDS = 5
"""Whoever sends requests ends a connection this much before whoever answers them does."""
IDLE_MIN, IDLE_MAX = ORIGIN_KEEP_ALIVE_SECONDS + MARGIN_SECONDS, KEEP_ALIVE_SECONDS - MARGIN_SECONDS

RULES_MAX, PATHS_MAX = 10, 10
"""The web ACL stays below the 1,500 capacity units that cost nothing: 900 for the rule groups, at
most 21 for each rule (AWS WAF developer guide, "Web ACL capacity units")."""
SIGNED_MAX, KEYS_MAX = 5, 5
"""Half of an account's key groups, and the keys of each (CloudFront developer guide, "Quotas")."""
_PUBLIC_KEY = re.compile(r"-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----")
_PATH_PATTERN = re.compile(r"/[A-Za-z0-9_.~/*?-]{1,254}")
_API_PATHS = ("/api", "/health")


def _counted_rules(value: tuple[str, ...]) -> tuple[str, ...]:
    known_rules(value)
    return different(value)


def _excepted_paths(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    known_rules(value)
    if len(value) > RULES_MAX:
        raise ValueError(f"{len(value)} rules given; at most {RULES_MAX}, or let waf count")
    for rule, paths in value.items():
        if not 1 <= len(paths) <= PATHS_MAX:
            raise ValueError(
                f"{rule} has {len(paths)} paths; give 1 to {PATHS_MAX}, or name it in wafCountRules"
            )
        different(paths)
    return value


def _signed_paths(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    if len(value) > SIGNED_MAX:
        raise ValueError(f"{len(value)} paths given; at most {SIGNED_MAX}, or widen one by *")
    for path, keys in value.items():
        if not _PATH_PATTERN.fullmatch(path):
            raise ValueError(f"{path!r} is no path pattern of CloudFront's, like '/members/*'")
        if path.startswith(_API_PATHS):
            raise ValueError(f"{path}: the API checks its own users; name a path of the site")
        if not 1 <= len(keys) <= KEYS_MAX:
            raise ValueError(f"{path} has {len(keys)} keys; give 1 to {KEYS_MAX}")
        different(keys)
    return value


def _public_key(value: str) -> str:
    pem = value.strip()
    if not _PUBLIC_KEY.fullmatch(pem):
        raise ValueError(
            f"{pem[:40]!r} is no public key in PEM; write all that `openssl ec -pubout` gives,"
            " from -----BEGIN PUBLIC KEY----- on"
        )
    return pem


_Paths = Annotated[
    tuple[Annotated[str, Field(pattern=r"^/[A-Za-z0-9_.~/-]*$", max_length=200)], ...],
    Field(strict=False),
]
_PublicKeys = Annotated[
    tuple[Annotated[str, AfterValidator(_public_key)], ...], Field(strict=False)
]


class EdgeSettings(Section):
    """CloudFront, the load balancer and the web ACL."""

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    """CloudFront's edge locations."""
    waf: Literal["count", "block"] = "count"
    """What the managed rules do with a request that matches."""
    waf_count_rules: Annotated[
        tuple[str, ...], Field(strict=False), AfterValidator(_counted_rules)
    ] = (BODY_SIZE_RULE,)
    """Managed rules that only count, whatever `waf` says; each is logged."""
    waf_exceptions: Annotated[dict[str, _Paths], AfterValidator(_excepted_paths)] = Field(
        default_factory=dict[str, tuple[str, ...]]
    )
    """Managed rules that only count on some paths: rule to what those paths begin with."""
    rate_limit_per_ip: Annotated[int, Field(ge=10, le=2_000_000_000)] = 2000
    """Requests of one address in five minutes before the web ACL blocks it."""
    access_logs: bool = True
    """Keep the load balancer's access logs in a bucket of their own."""
    origin_lock: Literal["vpcOrigin", "header"] = "vpcOrigin"
    """What closes the load balancer to all but CloudFront: it stands inside the VPC, or it is
    public and asks for a secret header. A change makes a new load balancer."""
    idle_timeout_seconds: int = 50
    """Time after which the load balancer ends an idle connection; between CloudFront's and the
    API's own, so that it is never the receiver who ends one in use."""
    fallback: Literal["none", "spa", "ssg"] = "spa"
    """What a path without a file's ending shows: nothing, the first page (a single-page app), or
    its own folder's index.html (a static site generator)."""
    failover_region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] | None = None
    """AWS region of a second bucket that serves the site while the first one answers with 5xx."""
    signed_paths: Annotated[dict[str, _PublicKeys], AfterValidator(_signed_paths)] = Field(
        default_factory=dict[str, tuple[str, ...]]
    )
    """Paths of the site that only a signed URL or cookie opens: path to the public keys, in PEM, of
    whoever signs."""
    allow_plain_origin: Annotated[str, Field(min_length=10)] | None = None
    """Why a protected stack may run without a domain, with HTTP between CloudFront and the ALB."""

    @field_validator("idle_timeout_seconds")
    @classmethod
    def _receiver_waits_longer(cls, value: int) -> int:
        if value > IDLE_MAX:
            raise ValueError(
                f"{value} is not {MARGIN_SECONDS} s below the {KEEP_ALIVE_SECONDS} s that the API"
                f" keeps a connection, and would answer 502; at most {IDLE_MAX}"
            )
        if value < IDLE_MIN:
            raise ValueError(
                f"{value} is not {MARGIN_SECONDS} s above the {ORIGIN_KEEP_ALIVE_SECONDS} s that"
                f" CloudFront keeps a connection, and would answer 502; at least {IDLE_MIN}"
            )
        return value
