"""Where a resource stands in the picture: the boxes, lane by lane, and what belongs in which."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from stackyard.report.graph import Graph, Node

Lane = Literal["edge", "entry", "compute", "data", "foundation"]
LANES: tuple[Lane, ...] = ("edge", "entry", "compute", "data")
"""From users to data; the foundation lies below them all."""
LANE_TITLES: dict[Lane, str] = {
    "edge": "Edge",
    "entry": "Entry",
    "compute": "Compute",
    "data": "Data",
    "foundation": "Foundation",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """One box of the picture."""

    key: str
    lane: Lane
    title: str


_PLACES: tuple[tuple[Lane, str, str], ...] = (
    ("edge", "dns", "DNS, certificates"),
    ("edge", "waf", "Web ACL"),
    ("edge", "cdn", "CloudFront"),
    ("edge", "site", "Site on S3"),
    ("entry", "functions", "Lambda"),
    ("entry", "gateway", "API Gateway"),
    ("entry", "balancer", "Load balancer"),
    ("compute", "blue", "Slot blue"),
    ("compute", "green", "Slot green"),
    ("compute", "jobs", "Jobs"),
    ("compute", "nodes", "Nodes"),
    ("compute", "cluster", "EKS"),
    ("data", "proxy", "RDS Proxy"),
    ("data", "writer", "Aurora writer"),
    ("data", "readers", "Aurora readers"),
    ("data", "cache", "Cache"),
    ("foundation", "network", "Network"),
    ("foundation", "security", "Keys and roles"),
    ("foundation", "watch", "Logs and alarms"),
    ("foundation", "other", "Other"),
)
PLACES = tuple(Place(key=key, lane=lane, title=title) for lane, key, title in _PLACES)
"""In the order in which they are drawn; lines run between neighbours wherever they can."""

_BY_COMPONENT = {
    "Cache": "cache",
    "Cluster": "cluster",
    "AutoNodes": "nodes",
    "Database": "writer",
    "Karpenter": "nodes",
    "LoadBalancer": "balancer",
    "LoadBalancerController": "cluster",
    "Network": "network",
    "Site": "site",
    "Workload": "cluster",
}
_SLOT = re.compile(r"(?:^|-)(blue|green)(?:-|$)")


def place_of(node: Node, graph: Graph) -> str | None:
    """The key of a resource's box; none for a component or provider, which is no box's business."""
    if not node.custom or node.type.startswith("pulumi:"):
        return None
    for prefix, where in _RULES:
        if node.type.startswith(prefix):
            key = where(node, graph) if callable(where) else where
            return key or _component_place(node, graph)
    return _component_place(node, graph)


def _component_place(node: Node, graph: Graph) -> str:
    """The main box of the nearest component that has one."""
    above = graph.get(node.parent or "")
    while above is not None:
        key = _BY_COMPONENT.get(above.type.rpartition(":")[2])
        if key is not None:
            return key
        above = graph.get(above.parent or "")
    return "other"


def _slot(node: Node, _graph: Graph) -> str:
    found = _SLOT.search(node.name)
    return found.group(1) if found else "cluster"


def _instance(node: Node, _graph: Graph) -> str:
    """The writer is the first to be promoted, as the program makes it."""
    return "readers" if node.inputs.get("promotionTier") else "writer"


def _bucket(node: Node, graph: Graph) -> str:
    """Buckets of the site; every other one keeps logs."""
    return "site" if _component_place(node, graph) == "site" else "watch"


def _template(node: Node, graph: Graph) -> str:
    """Of nodes, but for that of a NAT instance."""
    return "network" if _component_place(node, graph) == "network" else "nodes"


def _scaling(node: Node, _graph: Graph) -> str | None:
    return "readers" if node.inputs.get("serviceNamespace") == "rds" else None


_Where = str | Callable[[Node, Graph], str | None] | None
_RULES: tuple[tuple[str, _Where], ...] = (
    ("aws:rds/proxy", "proxy"),
    ("aws:rds/clusterInstance:", _instance),
    ("aws:rds/", "writer"),
    ("aws:appautoscaling/", _scaling),
    ("aws:elasticache/", "cache"),
    ("aws:cloudfront/", "cdn"),
    ("aws:wafv2/", "waf"),
    ("aws:route53/", "dns"),
    ("aws:acm/", "dns"),
    ("aws:lb/", "balancer"),
    ("aws:apigateway", "gateway"),
    ("aws:lambda/", "functions"),
    ("aws:eks/nodeGroup:", "nodes"),
    ("aws:ec2/launchTemplate:", _template),
    ("kubernetes:karpenter.", "nodes"),
    ("kubernetes:eks.amazonaws.com/v1:NodeClass", "nodes"),
    ("aws:eks/", "cluster"),
    ("kubernetes:batch/", "jobs"),
    ("kubernetes:", _slot),
    ("aws:s3/", _bucket),
    ("aws:iam/", "security"),
    ("aws:kms/", "security"),
    ("aws:secretsmanager/", "security"),
    ("random:index/randomPassword:", "security"),
    ("aws:cloudwatch/event", None),
    ("aws:cloudwatch/", "watch"),
    ("aws:sns/", "watch"),
    ("aws:budgets/", "watch"),
    ("aws:costexplorer/", "watch"),
    ("aws:ec2/", "network"),
    ("aws:vpc/", "network"),
)
"""The first prefix of the type that fits; what fits none stands with its component."""
