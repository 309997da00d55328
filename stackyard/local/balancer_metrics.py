"""What load balancers did and how healthy their targets are, as an ALB tells CloudWatch; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from stackyard.local.balancer import Backend, Balancing
from stackyard.local.balancer_targets import Slot
from stackyard.local.request_counts import Traffic
from stackyard.local.wire import JsonObject

NAMESPACE = "AWS/ApplicationELB"
_OF_THE_BALANCER = "HTTPCode_ELB_"
"""Metrics that no target group has: the balancer answered itself."""


def traffic_metrics(balancing: Balancing, traffic: Traffic) -> list[JsonObject]:
    """The metrics of what was counted. An ALB reports only what is not nought: so do these."""
    data: list[JsonObject] = []
    for balancer, fronts in _frontends(balancing).items():
        own = [_dimension("LoadBalancer", balancer)]
        for backend in balancing.backends:
            ways = [(front, backend.name) for front in fronts]
            group = [_group_dimension(backend), *own]
            counts = _total(traffic.counts.get(way, {}) for way in ways)
            data += [
                _count(name, value, group)
                for name, value in counts.items()
                if not name.startswith(_OF_THE_BALANCER)
            ]
            data += [
                _seconds("TargetResponseTime", traffic.times[way], group)
                for way in ways
                if way in traffic.times
            ]
        total = _total(counts for (front, _), counts in traffic.counts.items() if front in fronts)
        data += [_count(name, value, own) for name, value in total.items()]
    return data


def health_metrics(
    balancing: Balancing, slots: Mapping[str, Mapping[str, Slot]]
) -> list[JsonObject]:
    """How many targets of each group are healthy, and how many are not."""
    data: list[JsonObject] = []
    balancers = list(_frontends(balancing))
    for backend in balancing.backends:
        states = [slot.state for slot in slots.get(backend.name, {}).values()]
        healthy = states.count("healthy")
        others = states.count("unhealthy") + states.count("initial")
        for balancer in balancers:
            dimensions = [_group_dimension(backend), _dimension("LoadBalancer", balancer)]
            data.append(_count("HealthyHostCount", healthy, dimensions))
            data.append(_count("UnHealthyHostCount", others, dimensions))
    return data


def _frontends(balancing: Balancing) -> dict[str, list[str]]:
    """The names of the frontends of each load balancer."""
    found: dict[str, list[str]] = {}
    for frontend in sorted(balancing.frontends, key=lambda f: f.load_balancer):
        found.setdefault(frontend.load_balancer, []).append(frontend.name)
    return found


def _total(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for some in counts:
        total.update(some)
    return total


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
