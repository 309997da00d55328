"""What HAProxy should do for the load balancers that the embedded AWS holds; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stackyard.errors import StackyardError
from stackyard.local.layout import LISTENER_PORTS
from stackyard.local.wire import JsonObject

NO_BACKEND = "none"
WEIGHT_LINES = 100
"""Lines of a weight map: the share of a target group is right to one per cent."""


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """A target group's active check."""

    path: str
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int
    statuses: str
    """Codes that pass, as ELB and HAProxy both write them: `200`, `200,204`, `200-299`."""
    port: int | None
    """Port that is checked; none checks the target's own."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """One target group."""

    name: str
    arn: str
    check: HealthCheck
    deregistration_seconds: int
    least_outstanding: bool


@dataclass(frozen=True, kw_only=True)
class Forward:
    """To target groups, by weight."""

    weights: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A fixed response."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """To another URL; the parts may hold ELB's `#{host}`, `#{path}`, `#{query}`, `#{port}`."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition of a rule: any of the values; `*` and `?` match as in ELB."""

    kind: str
    values: tuple[str, ...]
    header: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One listener rule; all its conditions must hold."""

    key: str
    conditions: tuple[Condition, ...]
    action: Forward | Reply | Redirect


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """One listener, its rules in the order of their priorities."""

    name: str
    load_balancer: str
    """As CloudWatch names it: `app/<name>/<id>`."""
    address: str
    port: int
    listener_port: int
    tls: bool
    idle_seconds: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class Balancing:
    """Everything HAProxy is told, but for the servers."""

    frontends: tuple[Frontend, ...] = ()
    backends: tuple[Backend, ...] = ()

    def weight_maps(self) -> dict[str, list[str]]:
        """For each forwarding rule, by its key, the lines of its weight map."""
        return {
            rule.key: weight_lines(dict(rule.action.weights))
            for frontend in self.frontends
            for rule in frontend.rules
            if isinstance(rule.action, Forward)
        }


@dataclass(frozen=True, kw_only=True)
class Descriptions:
    """ELB's own descriptions; attributes by ARN, rules by listener ARN."""

    load_balancers: Sequence[JsonObject] = ()
    listeners: Sequence[JsonObject] = ()
    rules: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict[str, list[JsonObject]])
    target_groups: Sequence[JsonObject] = ()
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])


def weight_lines(weights: Mapping[str, int]) -> list[str]:
    """100 names in the shares of the weights, by largest remainder; none when all weights are 0."""
    total = sum(weights.values())
    if total == 0:
        return []
    exact = {name: WEIGHT_LINES * weight / total for name, weight in weights.items()}
    counts = {name: int(share) for name, share in exact.items()}
    left = WEIGHT_LINES - sum(counts.values())
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[:left]:
        counts[name] += 1
    return [name for name, count in counts.items() for _ in range(count)]


def balancing(descriptions: Descriptions) -> Balancing:
    """The frontends and backends for ELB's descriptions."""
    names = {
        str(group["TargetGroupArn"]): str(group["TargetGroupName"])
        for group in descriptions.target_groups
    }
    balancers = {str(b["LoadBalancerArn"]): b for b in descriptions.load_balancers}
    frontends = [
        _frontend(
            listener,
            balancers[str(listener["LoadBalancerArn"])],
            descriptions.rules.get(str(listener["ListenerArn"]), ()),
            attributes=descriptions.attributes.get(str(listener["LoadBalancerArn"]), {}),
            names=names,
        )
        for listener in descriptions.listeners
    ]
    backends = [
        _backend(group, descriptions.attributes.get(str(group["TargetGroupArn"]), {}))
        for group in descriptions.target_groups
    ]
    return Balancing(frontends=tuple(frontends), backends=tuple(backends))


def _frontend(
    listener: JsonObject,
    balancer: JsonObject,
    rules: Sequence[JsonObject],
    *,
    attributes: Mapping[str, str],
    names: Mapping[str, str],
) -> Frontend:
    port = int(listener["Port"])
    ordered = sorted(
        rules,
        key=lambda r: (r["Priority"] == "default", 0 if r["IsDefault"] else int(r["Priority"])),
    )
    return Frontend(
        name=f"{balancer['LoadBalancerName']}-{port}",
        load_balancer=str(balancer["LoadBalancerArn"]).partition(":loadbalancer/")[2],
        address=_address(balancer),
        port=LISTENER_PORTS.get(port, port),
        listener_port=port,
        tls=listener["Protocol"] == "HTTPS",
        idle_seconds=int(attributes.get("idle_timeout.timeout_seconds", 60)),
        rules=tuple(_rule(rule, names) for rule in ordered),
    )


def _address(balancer: JsonObject) -> str:
    """The loopback address in a load balancer's name, `address:port`."""
    host = str(balancer["DNSName"]).partition(":")[0]
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError as error:
        raise StackyardError(
            f"load balancer {balancer['LoadBalancerName']} answers at {balancer['DNSName']!r},"
            " which is no address of this machine; is it from another embedded cloud?"
        ) from error


def _rule(rule: JsonObject, names: Mapping[str, str]) -> Rule:
    listener, own = str(rule["RuleArn"]).rsplit("/", 2)[1:]
    return Rule(
        key=f"{listener}-{own}",
        conditions=tuple(_condition(condition) for condition in rule["Conditions"]),
        action=_action(rule["Actions"][-1], names),
    )


_CONDITION_MEMBERS = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}


def _condition(condition: JsonObject) -> Condition:
    kind = str(condition["Field"])
    if kind not in _CONDITION_MEMBERS:
        raise StackyardError(
            f"the embedded load balancer knows no rule condition {kind!r};"
            f" one of {sorted(_CONDITION_MEMBERS)}"
        )
    config: JsonObject = condition.get(_CONDITION_MEMBERS[kind]) or {}
    values: list[str] = config.get("Values") or condition.get("Values") or []
    return Condition(kind=kind, values=tuple(values), header=str(config.get("HttpHeaderName", "")))


def _action(action: JsonObject, names: Mapping[str, str]) -> Forward | Reply | Redirect:
    kind = action["Type"]
    if kind == "forward":
        config: JsonObject = action.get("ForwardConfig") or {}
        groups: list[JsonObject] = config.get("TargetGroups") or [
            {"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}
        ]
        # ELB refuses to delete a group in use; between two descriptions one may still be missing.
        known = [g for g in groups if g["TargetGroupArn"] in names]
        weights = [(names[g["TargetGroupArn"]], int(g.get("Weight", 1))) for g in known]
        return Forward(weights=tuple(weights))
    if kind == "fixed-response":
        config = action["FixedResponseConfig"]
        return Reply(
            status=int(config["StatusCode"]),
            content_type=str(config.get("ContentType") or "text/plain"),
            body=str(config.get("MessageBody") or ""),
        )
    if kind == "redirect":
        config = action["RedirectConfig"]
        return Redirect(
            status=301 if config["StatusCode"] == "HTTP_301" else 302,
            protocol=str(config.get("Protocol", "#{protocol}")),
            host=str(config.get("Host", "#{host}")),
            port=str(config.get("Port", "#{port}")),
            path=str(config.get("Path", "/#{path}")),
            query=str(config.get("Query", "#{query}")),
        )
    raise StackyardError(
        f"the embedded load balancer knows no action {kind!r};"
        " one of forward, fixed-response, redirect"
    )


def _backend(group: JsonObject, attributes: Mapping[str, str]) -> Backend:
    port = str(group.get("HealthCheckPort", "traffic-port"))
    matcher: JsonObject = group.get("Matcher") or {}
    return Backend(
        name=str(group["TargetGroupName"]),
        arn=str(group["TargetGroupArn"]),
        check=HealthCheck(
            path=str(group.get("HealthCheckPath") or "/"),
            interval_seconds=int(group.get("HealthCheckIntervalSeconds", 30)),
            timeout_seconds=int(group.get("HealthCheckTimeoutSeconds", 5)),
            healthy_threshold=int(group.get("HealthyThresholdCount", 5)),
            unhealthy_threshold=int(group.get("UnhealthyThresholdCount", 2)),
            statuses=str(matcher.get("HttpCode", "200")),
            port=None if port == "traffic-port" else int(port),
        ),
        deregistration_seconds=int(attributes.get("deregistration_delay.timeout_seconds", 300)),
        least_outstanding=attributes.get("load_balancing.algorithm.type")
        == "least_outstanding_requests",
    )
