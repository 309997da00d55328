"""HAProxy's counters as the metrics that an ALB writes to CloudWatch; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackyard.local.balancer import Backend, Balancing, Frontend
from stackyard.local.balancer_targets import Slot
from stackyard.local.wire import JsonObject

NAMESPACE = "AWS/ApplicationELB"
Rows = Mapping[tuple[str, str], Mapping[str, str]]
Counters = dict[tuple[str, str], int]
"""A counter of a backend or frontend, `("blue", "2xx")`, as last read."""

_CODES = ("2xx", "3xx", "4xx", "5xx")


def counters(balancing: Balancing, rows: Rows) -> Counters:
    """What has been counted since HAProxy's last reload."""
    found: Counters = {}
    for backend in balancing.backends:
        own = [(server, row) for (proxy, server), row in rows.items() if proxy == backend.name]
        targets = [row for server, row in own if server not in {"FRONTEND", "BACKEND"}]
        for code in _CODES:
            found[backend.name, code] = sum(_number(row, f"hrsp_{code}") for row in targets)
        found[backend.name, "connection errors"] = sum(_number(row, "econ") for row in targets)
    for frontend in balancing.frontends:
        row = rows.get((frontend.name, "FRONTEND"), {})
        found[frontend.name, "requests"] = _number(row, "req_tot")
        for code in ("4xx", "5xx"):
            found[frontend.name, code] = _number(row, f"hrsp_{code}")
    return found


def changes(before: Counters, now: Counters) -> Counters:
    """What was counted between two readings; after a reload the counters begin at nought."""
    return {
        key: value - before.get(key, 0) if value >= before.get(key, 0) else value
        for key, value in now.items()
    }


def traffic_metrics(
    balancing: Balancing, counted: Counters, times: Mapping[str, Mapping[float, int]]
) -> list[JsonObject]:
    """The metrics of what was counted. An ALB reports only what is not nought: so do these.

    `times` is how often each response time, in seconds, was seen of a backend.
    """
    data: list[JsonObject] = []
    balancers = {frontend.load_balancer for frontend in balancing.frontends}
    for backend in balancing.backends:
        values = {
            "RequestCount": sum(counted.get((backend.name, code), 0) for code in _CODES),
            **{
                f"HTTPCode_Target_{code.upper()}_Count": counted.get((backend.name, code), 0)
                for code in _CODES
            },
            "TargetConnectionErrorCount": counted.get((backend.name, "connection errors"), 0),
        }
        for balancer in sorted(balancers):
            dimensions = [_group_dimension(backend), _dimension("LoadBalancer", balancer)]
            data += [_count(name, value, dimensions) for name, value in values.items() if value]
            if backend.name in times:
                data.append(_seconds("TargetResponseTime", times[backend.name], dimensions))
    for balancer in sorted(balancers):
        own = [f for f in balancing.frontends if f.load_balancer == balancer]
        data += _balancer_metrics(balancer, own, balancing.backends, counted)
    return data


def health_metrics(
    balancing: Balancing, slots: Mapping[str, Mapping[str, Slot]]
) -> list[JsonObject]:
    """How many targets of each group are healthy, and how many are not."""
    data: list[JsonObject] = []
    balancers = sorted({frontend.load_balancer for frontend in balancing.frontends})
    for backend in balancing.backends:
        states = [slot.state for slot in slots.get(backend.name, {}).values()]
        healthy = states.count("healthy")
        others = states.count("unhealthy") + states.count("initial")
        for balancer in balancers:
            dimensions = [_group_dimension(backend), _dimension("LoadBalancer", balancer)]
            data.append(_count("HealthyHostCount", healthy, dimensions))
            data.append(_count("UnHealthyHostCount", others, dimensions))
    return data


def _balancer_metrics(
    balancer: str, frontends: Sequence[Frontend], backends: Sequence[Backend], counted: Counters
) -> list[JsonObject]:
    def total(names: Sequence[str], what: str) -> int:
        return sum(counted.get((name, what), 0) for name in names)

    fronts = [frontend.name for frontend in frontends]
    groups = [backend.name for backend in backends]
    values = {
        "RequestCount": total(fronts, "requests"),
        **{f"HTTPCode_Target_{code.upper()}_Count": total(groups, code) for code in _CODES},
        # What no target answered, the balancer answered itself.
        "HTTPCode_ELB_4XX_Count": max(0, total(fronts, "4xx") - total(groups, "4xx")),
        "HTTPCode_ELB_5XX_Count": max(0, total(fronts, "5xx") - total(groups, "5xx")),
    }
    dimensions = [_dimension("LoadBalancer", balancer)]
    return [_count(name, value, dimensions) for name, value in values.items() if value]


def _number(row: Mapping[str, str], column: str) -> int:
    return int(row.get(column) or 0)


def _group_dimension(backend: Backend) -> JsonObject:
    return _dimension("TargetGroup", backend.arn.split(":", 5)[5])


def _dimension(name: str, value: str) -> JsonObject:
    return {"Name": name, "Value": value}


def _count(name: str, value: int, dimensions: Sequence[JsonObject]) -> JsonObject:
    return {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": "Count"}


def _seconds(
    name: str, counts: Mapping[float, int], dimensions: Sequence[JsonObject]
) -> JsonObject:
    return {
        "MetricName": name,
        "Dimensions": dimensions,
        "Values": list(counts),
        "Counts": list(counts.values()),
        "Unit": "Seconds",
    }
