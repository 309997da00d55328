"""What the edge serves for a CloudFront distribution: origins, behaviours, headers; pure."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stackyard.errors import StackyardError
from stackyard.local.wire import JsonObject

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""AWS's managed policies (CloudFront developer guide, "Use managed cache policies")."""

_BUCKET = re.compile(r"(?P<bucket>.+)\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com")
_CLOUDFRONT = "cloudfront.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a bucket's policy lets a distribution do."""

    reads: bool = False
    lists: bool = False
    """Who may not list is told 403 where there is no object, by S3 itself."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a behaviour's requests go."""

    domain: str
    path: str
    """Put before every path, `/release-7`."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Sent to the origin; what the viewer says under these names is dropped."""
    access: Access = Access()

    @property
    def bucket(self) -> str | None:
        """Name of the S3 bucket; none for a custom or VPC origin."""
        return bucket_of(self.domain)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What happens to the paths of one pattern."""

    pattern: str
    origin: Origin
    methods: frozenset[str]
    caches: bool
    forwards_viewer: bool
    """Send the viewer's headers, cookies and query to the origin."""
    forwards_host: bool
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Put on every response."""

    def matches(self, path: str) -> bool:
        """Whether the path is the behaviour's: `*` any characters, `?` one, case counts."""
        pattern = self.pattern if self.pattern.startswith(("/", "*")) else f"/{self.pattern}"
        special = {"*": ".*", "?": "."}
        expression = "".join(special.get(c) or re.escape(c) for c in pattern)
        return re.fullmatch(expression, path, re.DOTALL) is not None


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """What stands in for an origin's error."""

    path: str
    status: int


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One distribution as the edge serves it."""

    id: str
    address: str
    port: int
    root_object: str
    behaviours: tuple[Behaviour, ...]
    """In CloudFront's order; the default behaviour last."""
    error_pages: Mapping[int, ErrorPage] = field(default_factory=dict[int, ErrorPage])
    invalidations: int = 0
    """How many there have been: one more empties the cache."""

    def behaviour(self, path: str) -> Behaviour:
        """The first behaviour that matches; the default one matches all."""
        return next(b for b in self.behaviours if b.matches(path))

    def object_path(self, path: str) -> str:
        """The path that is asked for: the default root object for the bare root alone."""
        return f"/{self.root_object}" if path == "/" and self.root_object else path


def bucket_of(domain: str) -> str | None:
    """The bucket of an S3 endpoint's name; none for any other name."""
    found = _BUCKET.fullmatch(domain)
    return found["bucket"] if found else None


def distribution(
    described: JsonObject,
    *,
    kept: JsonObject,
    header_policies: Mapping[str, JsonObject],
    access: Mapping[str, Access],
    invalidations: int = 0,
) -> Distribution:
    """The distribution for CloudFront's description.

    `kept` holds its inputs, since the description loses the response headers policies, which are
    in `header_policies` by id. `access` is by bucket.
    """
    config: JsonObject = described["DistributionConfig"]
    host, _, port = str(described["DomainName"]).partition(":")
    try:
        address = str(ipaddress.IPv4Address(host))
    except ValueError as error:
        raise StackyardError(
            f"distribution {described['Id']} answers at {described['DomainName']!r},"
            " which is no address of this machine; is it from another embedded cloud?"
        ) from error
    origins = {str(o["Id"]): _origin(o, access) for o in config["Origins"]["Items"]}
    ordered = list(_items(config.get("CacheBehaviors")))
    inputs: list[JsonObject] = kept.get("orderedCacheBehaviors") or []
    inputs = [*inputs[: len(ordered)], *({} for _ in ordered[len(inputs) :])]
    ordered.append(config["DefaultCacheBehavior"])
    inputs.append(kept.get("defaultCacheBehavior") or {})
    return Distribution(
        id=str(described["Id"]),
        address=address,
        port=int(port or 443),
        root_object=str(config.get("DefaultRootObject") or ""),
        behaviours=tuple(
            _behaviour(behaviour, given, origins, header_policies)
            for behaviour, given in zip(ordered, inputs, strict=True)
        ),
        error_pages={
            int(e["ErrorCode"]): ErrorPage(
                path=str(e["ResponsePagePath"]), status=int(e.get("ResponseCode") or e["ErrorCode"])
            )
            for e in _items(config.get("CustomErrorResponses"))
            if e.get("ResponsePagePath")
        },
        invalidations=invalidations,
    )


def bucket_access(policy: str, distribution_arn: str) -> Access:
    """What a bucket policy allows CloudFront on behalf of this distribution, or everybody."""
    statements: list[JsonObject] = json.loads(policy).get("Statement") or []
    actions = {
        str(action)
        for statement in statements
        if statement["Effect"] == "Allow" and _for_distribution(statement, distribution_arn)
        for action in _listed(statement["Action"])
    }
    return Access(
        reads=bool(actions & {"s3:GetObject", "s3:Get*", "s3:*", "*"}),
        lists=bool(actions & {"s3:ListBucket", "s3:List*", "s3:*", "*"}),
    )


def response_headers(policy: JsonObject) -> dict[str, str]:
    """The headers of an `aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy`."""
    security: JsonObject = policy.get("securityHeadersConfig") or {}
    headers: dict[str, str] = {}
    if transport := security.get("strictTransportSecurity"):
        value = f"max-age={int(transport['accessControlMaxAgeSec'])}"
        value += "; includeSubDomains" if transport.get("includeSubdomains") else ""
        headers["Strict-Transport-Security"] = value + (
            "; preload" * bool(transport.get("preload"))
        )
    if security.get("contentTypeOptions"):
        headers["X-Content-Type-Options"] = "nosniff"
    for section, member, name in (
        ("frameOptions", "frameOption", "X-Frame-Options"),
        ("referrerPolicy", "referrerPolicy", "Referrer-Policy"),
        ("contentSecurityPolicy", "contentSecurityPolicy", "Content-Security-Policy"),
    ):
        if given := security.get(section):
            headers[name] = str(given[member])
    custom: JsonObject = policy.get("customHeadersConfig") or {}
    items: list[JsonObject] = custom.get("items") or []
    return headers | {str(item["header"]): str(item["value"]) for item in items}


def _origin(origin: JsonObject, access: Mapping[str, Access]) -> Origin:
    domain = str(origin["DomainName"])
    return Origin(
        domain=domain,
        path=str(origin.get("OriginPath") or "").rstrip("/"),
        headers={
            str(h["HeaderName"]): str(h["HeaderValue"]) for h in _items(origin.get("CustomHeaders"))
        },
        access=access.get(bucket_of(domain) or "", Access()),
    )


def _behaviour(
    behaviour: JsonObject,
    given: JsonObject,
    origins: Mapping[str, Origin],
    header_policies: Mapping[str, JsonObject],
) -> Behaviour:
    request_policy = str(behaviour.get("OriginRequestPolicyId") or "")
    headers = header_policies.get(str(given.get("responseHeadersPolicyId")), {})
    return Behaviour(
        pattern=str(behaviour.get("PathPattern") or "*"),
        origin=origins[str(behaviour["TargetOriginId"])],
        methods=frozenset(map(str, _items(behaviour.get("AllowedMethods")) or ("GET", "HEAD"))),
        caches=behaviour.get("CachePolicyId") not in {None, "", CACHING_DISABLED},
        forwards_viewer=bool(request_policy),
        forwards_host=request_policy == ALL_VIEWER,
        headers=response_headers(headers),
    )


def _for_distribution(statement: JsonObject, arn: str) -> bool:
    principal: JsonObject | str = statement.get("Principal") or {}
    if principal == "*":
        return True
    if isinstance(principal, str):
        return False
    if "*" in _listed(principal.get("AWS")):
        return True
    if _CLOUDFRONT not in _listed(principal.get("Service")):
        return False
    condition: JsonObject = statement.get("Condition") or {}
    sources = [
        source
        for test in condition.values()
        for key, values in test.items()
        if key.lower() == "aws:sourcearn"
        for source in _listed(values)
    ]
    return not sources or arn in sources


def _listed(value: object) -> Sequence[object]:
    """IAM writes a list of one as the thing itself."""
    if value is None:
        return ()
    return list(value) if isinstance(value, list) else (value,)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON


def _items(listed: JsonObject | None) -> list[JsonObject]:
    """CloudFront's `{Quantity, Items}`, where Items is left out when there are none."""
    return (listed or {}).get("Items") or []
