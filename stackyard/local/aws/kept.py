"""Types that moto lacks: the same life cycle in the store, with the outputs that AWS computes."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from stackyard.local.aws import sdk
from stackyard.local.aws.connection import ACCOUNT, Connection, refusal, search
from stackyard.local.aws.names import as_list, as_object, overlay
from stackyard.local.aws.store import Store
from stackyard.local.wire import JsonObject, NotFoundError

NAMING = ("name", "identifier", "userId", "userGroupId")
GIVEN_BY_AWS = re.compile(r"(Id|Name|Arn|Endpoint|Url)$")
DEFAULT_ADDON_VERSION = "v1.0.0-eksbuild.1"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of the store: how its id is formed and what AWS adds to its inputs."""

    id: Callable[[JsonObject], str]
    outputs: Callable[["Made"], JsonObject]
    name: str = ""
    """The input that is auto-named, if any."""
    replacing: tuple[str, ...] = ()
    parent: Callable[["Made"], None] | None = None
    """Raises as AWS does when what the object belongs to is not there."""
    fresh: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Made:
    """An object on its way into the store."""

    aws: Connection
    id: str
    props: JsonObject

    def arn(self, service: str, rest: str, *, regional: bool = True) -> str:
        """An ARN of this account."""
        return f"arn:aws:{service}:{self.aws.region if regional else ''}:{ACCOUNT}:{rest}"


def _given(*names: str, separator: str = ":") -> Callable[[JsonObject], str]:
    return lambda props: separator.join(str(props[name]) for name in names)


def _made_up(prefix: str = "") -> Callable[[JsonObject], str]:
    return lambda _props: f"{prefix}{uuid.uuid4().hex[:17]}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cluster_is_there(made: Made) -> None:
    made.aws.call("eks", "describe_cluster", name=made.props["clusterName"])


def _proxy_is_there(made: Made) -> None:
    made.aws.call("rds", "describe_db_proxies", DBProxyName=made.props["dbProxyName"])


def _balancer_is_there(made: Made) -> None:
    arn = search("vpcOriginEndpointConfig.arn", made.props)
    if isinstance(arn, str) and ":loadbalancer/" in arn:
        region = arn.split(":")[3]
        made.aws.at(region).call("elbv2", "describe_load_balancers", LoadBalancerArns=[arn])


def _user_is_sound(made: Made) -> None:
    mode: JsonObject = as_object(made.props.get("authenticationMode"))
    for password in [*(as_list(made.props.get("passwords"))), *(as_list(mode.get("passwords")))]:
        if not 16 <= len(password) <= 128:
            text = "Passwords length must be between 16-128 characters."
            raise refusal("InvalidParameterValue", text, "CreateUser")


def _addon(made: Made) -> JsonObject:
    cluster, name = made.id.split(":", 1)
    now = _now()
    return {
        "arn": made.arn("eks", f"addon/{cluster}/{name}/{uuid.uuid4()}"),
        "addonVersion": made.props.get("addonVersion") or DEFAULT_ADDON_VERSION,
        "createdAt": now,
        "modifiedAt": now,
    }


def _access_entry(made: Made) -> JsonObject:
    cluster, principal = made.id.split(":", 1)
    tail = principal.rsplit("/", 1)[-1]
    now = _now()
    return {
        "accessEntryArn": made.arn(
            "eks", f"access-entry/{cluster}/role/{ACCOUNT}/{tail}/{uuid.uuid4()}"
        ),
        "createdAt": now,
        "modifiedAt": now,
        "type": made.props.get("type") or "STANDARD",
        "userName": made.props.get("userName") or principal,
        "kubernetesGroups": as_list(made.props.get("kubernetesGroups")),
    }


def _pod_identity(made: Made) -> JsonObject:
    cluster = made.props["clusterName"]
    return {
        "associationId": made.id,
        "associationArn": made.arn("eks", f"podidentityassociation/{cluster}/{made.id}"),
        "ownerArn": "",
        "externalId": "",
        "disableSessionTags": bool(made.props.get("disableSessionTags")),
    }


def _policy_association(_made: Made) -> JsonObject:
    return {"associatedAt": _now(), "modifiedAt": _now()}


def _cloudfront(kind: str) -> Callable[[Made], JsonObject]:
    def outputs(made: Made) -> JsonObject:
        arn = made.arn("cloudfront", f"{kind}/{made.id}", regional=False)
        return {"arn": arn, "etag": _etag()}

    return outputs


def _function(made: Made) -> JsonObject:
    live = made.props.get("publish", True)
    return {
        "arn": made.arn("cloudfront", f"function/{made.id}", regional=False),
        "etag": _etag(),
        "liveStageEtag": _etag() if live else "",
        "status": "DEPLOYED" if live else "UNPUBLISHED",
    }


def _etag() -> str:
    return f"E{uuid.uuid4().hex[:13].upper()}"


def _proxy_endpoint(made: Made) -> JsonObject:
    proxy, name = made.id.split("/", 1)
    read_only = made.props.get("targetRole") == "READ_ONLY"
    host = f"{name}.endpoint.proxy-{proxy}.{made.aws.region}.rds.amazonaws.com"
    return {
        "arn": made.arn("rds", f"db-proxy-endpoint:prx-endpoint-{uuid.uuid4().hex[:17]}"),
        "endpoint": host,
        "isDefault": False,
        "targetRole": "READ_ONLY" if read_only else "READ_WRITE",
        "vpcId": "",
    }


def _cache_arn(kind: str) -> Callable[[Made], JsonObject]:
    return lambda made: {"arn": made.arn("elasticache", f"{kind}:{made.id}")}


def _nothing(_made: Made) -> JsonObject:
    return {}


def _cloudfront_kind(kind: str, *replacing: str) -> Kind:
    return Kind(id=_made_up(), outputs=_cloudfront(kind), name="name", replacing=replacing)


KINDS: dict[str, Kind] = {
    "aws:elasticache/parameterGroup:ParameterGroup": Kind(
        id=_given("name"), outputs=_cache_arn("parametergroup"), name="name",
        replacing=("name", "family", "description"),
    ),
    "aws:elasticache/user:User": Kind(
        id=_given("userId"), outputs=_cache_arn("user"), parent=_user_is_sound,
        replacing=("userId", "userName"),
    ),
    "aws:elasticache/userGroup:UserGroup": Kind(
        id=_given("userGroupId"), outputs=_cache_arn("usergroup"), replacing=("userGroupId",),
    ),
    "aws:elasticache/userGroupAssociation:UserGroupAssociation": Kind(
        id=_given("userGroupId", "userId", separator=","), outputs=_nothing,
        replacing=("userGroupId", "userId"),
    ),
    "aws:eks/addon:Addon": Kind(
        id=_given("clusterName", "addonName"), outputs=_addon, parent=_cluster_is_there,
        replacing=("clusterName", "addonName"),
    ),
    "aws:eks/accessEntry:AccessEntry": Kind(
        id=_given("clusterName", "principalArn"), outputs=_access_entry,
        parent=_cluster_is_there, replacing=("clusterName", "principalArn", "type"),
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Kind(
        id=_given("clusterName", "principalArn", "policyArn", separator="#"),
        outputs=_policy_association, parent=_cluster_is_there,
        replacing=("clusterName", "principalArn", "policyArn", "accessScope"),
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Kind(
        id=_made_up("a-"), outputs=_pod_identity, parent=_cluster_is_there,
        replacing=("clusterName", "namespace", "serviceAccount"),
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": _cloudfront_kind("cache-policy"),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": _cloudfront_kind(
        "origin-request-policy"
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _cloudfront_kind(
        "response-headers-policy", "name"
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": Kind(
        id=_made_up("vo_"), outputs=_cloudfront("vpcorigin"), parent=_balancer_is_there,
    ),
    "aws:cloudfront/function:Function": Kind(
        id=_given("name"), outputs=_function, name="name", replacing=("name",),
    ),
    "aws:rds/proxyEndpoint:ProxyEndpoint": Kind(
        id=_given("dbProxyName", "dbProxyEndpointName", separator="/"), outputs=_proxy_endpoint,
        parent=_proxy_is_there,
        replacing=("dbProxyName", "dbProxyEndpointName", "vpcSubnetIds", "targetRole"),
    ),
}  # fmt: skip


def _generic_id(name: str, inputs: JsonObject) -> str:
    given = next((inputs[key] for key in NAMING if isinstance(inputs.get(key), str)), None)
    return given or f"{name}-{uuid.uuid4().hex[:8]}"


def _generic_outputs(token: str, made: Made) -> JsonObject:
    """Plausible values for what the SDK says AWS computes: its ids, names, ARNs and endpoints."""
    _, module, kind = token.split(":")
    service = module.split("/")[0]
    declared = sdk.describe(token)
    out: JsonObject = {}
    for name in declared.outputs - declared.inputs:
        if name == "arn":
            out[name] = made.arn(service, f"{kind.lower()}/{made.id}")
        elif GIVEN_BY_AWS.search(name):
            out[name] = f"{made.id}-{name}"
    return out


def create(
    aws: Connection, store: Store, token: str, name: str, inputs: JsonObject
) -> tuple[str, JsonObject]:
    """Put a new object into the store. Raises `ClientError` when it exists or has no parent."""
    kind = KINDS.get(token)
    id_ = kind.id(inputs) if kind else _generic_id(name, inputs)
    made = Made(aws=aws, id=id_, props=inputs)
    if kind and kind.parent:
        kind.parent(made)
    if store.find(token, id_):
        text = f"{token} {id_} already exists"
        raise refusal("ResourceInUseException", text, "Create")
    computed = kind.outputs(made) if kind else _generic_outputs(token, made)
    store.put(token, id_, {**inputs, **computed})
    return id_, read(aws, store, token, id_, inputs)


def read(aws: Connection, store: Store, token: str, id_: str, inputs: JsonObject) -> JsonObject:
    """The object with its tags and region. Raises `NotFoundError` also when its parent is gone."""
    kept = store.get(token, id_)
    kind = KINDS.get(token)
    if kind and kind.parent is _cluster_is_there:
        try:
            _cluster_is_there(Made(aws=aws, id=id_, props=kept))
        except ClientError as error:
            raise NotFoundError(f"{token} {id_} went with its cluster") from error
    out: JsonObject = {**overlay(inputs, kept, {}), **kept}
    declared = sdk.describe(token)
    if "tagsAll" in declared.outputs:
        out["tagsAll"] = {**aws.default_tags, **as_object(out.get("tags"))}
    if "region" in declared.outputs:
        out["region"] = aws.region
    return out


def update(aws: Connection, store: Store, token: str, id_: str, news: JsonObject) -> JsonObject:
    """Change an object; what AWS computed stays, but for ETags."""
    kept = store.get(token, id_)
    declared = sdk.describe(token)
    computed = {k: v for k, v in kept.items() if k not in declared.inputs or k in _sticky(token)}
    fresh = {k: _etag() for k in ("etag", "liveStageEtag") if kept.get(k)}
    if "modifiedAt" in kept:
        fresh["modifiedAt"] = _now()
    store.put(token, id_, {**computed, **news, **fresh})
    return read(aws, store, token, id_, news)


def _sticky(token: str) -> set[str]:
    """Inputs that AWS fills in when they are not given, and keeps."""
    return {"type", "userName", "kubernetesGroups"} if token.endswith("AccessEntry") else set()
