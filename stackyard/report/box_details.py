"""What stands in a box, in a line or three: sizes and counts, from the resources' inputs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from stackyard.report.graph import Node
from stackyard.report.shapes import items, mapping, number

_Nodes = Sequence[Node]
LONGEST = 80
"""Signs of a line; a box shows fewer, its description all."""


def details(key: str, nodes: _Nodes) -> list[str]:
    """Lines of the box `key`; empty ones are left out."""
    lines = _DETAILS.get(key, _nothing)(nodes)
    return [line[:LONGEST] for line in lines if line]


def of_type(nodes: _Nodes, kind: str) -> list[Node]:
    """Those whose type ends with `kind`, such as `rds/cluster:Cluster`."""
    return [node for node in nodes if node.type.endswith(kind)]


def _nothing(_: _Nodes) -> list[str]:
    return []


def _first(nodes: _Nodes, kind: str) -> Mapping[str, Any]:
    found = of_type(nodes, kind)
    return found[0].inputs if found else {}


def _count(number: int, one: str, many: str = "") -> str:
    """`3 alarms`; nothing for none."""
    return f"{number} {one if number == 1 else many or one + 's'}" if number else ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _between(low: object, high: object) -> str:
    """`3–9`, or one number where both are the same; nothing where they are not known."""
    least, most = number(low), number(high)
    if least is None or most is None:
        return ""
    return f"{least:g}" if least == most else f"{least:g}–{most:g}"


def _dns(nodes: _Nodes) -> list[str]:
    return [
        _joined(
            _count(len(of_type(nodes, ":Record")), "record"),
            _count(len(of_type(nodes, ":Certificate")), "certificate"),
        )
    ]


def _waf(nodes: _Nodes) -> list[str]:
    return [_count(len(items(_first(nodes, ":WebAcl").get("rules"))), "rule")]


def _cdn(nodes: _Nodes) -> list[str]:
    given = _first(nodes, "distribution:Distribution")
    return [
        ", ".join(map(str, items(given.get("aliases")))),
        "HTTP/3" if given.get("httpVersion") == "http2and3" else "",
    ]


def _site(nodes: _Nodes) -> list[str]:
    return [_count(len(of_type(nodes, ":BucketObjectv2")), "object")]


def _functions(nodes: _Nodes) -> list[str]:
    return [_count(len(of_type(nodes, "function:Function")), "function")]


def _balancer(nodes: _Nodes) -> list[str]:
    given = _first(nodes, "loadBalancer:LoadBalancer")
    listener = _first(nodes, "listener:Listener")
    where = "internal" if given.get("internal") else "public"
    return [_joined(where if given else "", str(listener.get("protocol") or ""))]


def _slot(nodes: _Nodes) -> list[str]:
    deployed = of_type(nodes, "apps/v1:Deployment")
    if not deployed:
        return ["no pods: idle"]
    spec = mapping(_first(nodes, ":HorizontalPodAutoscaler").get("spec"))
    pods = _between(spec.get("minReplicas"), spec.get("maxReplicas"))
    return [f"{pods} pods" if pods else "", _image(deployed[0])]


def _image(deployment: Node) -> str:
    """The first digits of the image's digest."""
    template = mapping(mapping(deployment.inputs.get("spec")).get("template"))
    containers = items(mapping(template.get("spec")).get("containers"))
    images = [str(mapping(container).get("image")) for container in containers]
    _, found, digest = (images[0] if images else "").partition("@sha256:")
    return f"image {digest[:12]}" if found else ""


def _jobs(nodes: _Nodes) -> list[str]:
    return [
        _joined(
            _count(len(of_type(nodes, ":Job")), "Job"),
            _count(len(of_type(nodes, ":CronJob")), "CronJob"),
        )
    ]


def _node_group(nodes: _Nodes) -> list[str]:
    groups = of_type(nodes, "nodeGroup:NodeGroup")
    pools = of_type(nodes, ":NodePool")
    types = dict.fromkeys(
        [str(each) for group in groups for each in items(group.inputs.get("instanceTypes"))]
    )
    sizes = [mapping(group.inputs.get("scalingConfig")) for group in groups]
    limits = [
        mapping(mapping(pool.inputs.get("spec")).get("limits")).get("nodes") for pool in pools
    ]
    most = [*(size.get("maxSize") for size in sizes), *limits]
    counts = _between(_sum(size.get("minSize") for size in sizes), _sum(most)) if most else ""
    auto = bool(of_type(nodes, ":NodeClass"))
    return [
        ", ".join(types),
        _joined(
            f"{counts} nodes" if counts else "",
            "spot" if any(group.inputs.get("capacityType") == "SPOT" for group in groups) else "",
            "Auto Mode" if auto else "Karpenter" if pools else "",
        ),
    ]


def _sum(numbers: Iterable[object]) -> float | None:
    """Of all; none where one of them is not known."""
    known = [number(each) for each in numbers]
    return None if None in known else sum(each or 0 for each in known)


def _cluster(nodes: _Nodes) -> list[str]:
    version = _first(nodes, "eks/cluster:Cluster").get("version")
    objects = [node for node in nodes if node.type.startswith("kubernetes:")]
    return [
        f"Kubernetes {version}" if version else "",
        _joined(
            _count(len(of_type(nodes, "addon:Addon")), "add-on"),
            _count(len(objects), "object"),
        ),
    ]


def _proxy(nodes: _Nodes) -> list[str]:
    return [_joined("writer", "read-only" if of_type(nodes, ":ProxyEndpoint") else "")]


def _instances(nodes: _Nodes) -> list[str]:
    instances = of_type(nodes, ":ClusterInstance")
    classes = sorted({str(node.inputs.get("instanceClass")) for node in instances})
    times = f"{len(instances)} × " if len(instances) > 1 else ""
    return [times + ", ".join(classes)] if instances else []


def _writer(nodes: _Nodes) -> list[str]:
    cluster = _first(nodes, "rds/cluster:Cluster")
    capacity = mapping(cluster.get("serverlessv2ScalingConfiguration"))
    acus = _between(capacity.get("minCapacity"), capacity.get("maxCapacity"))
    _, _, version = str(cluster.get("engineVersion") or "").rpartition("mysql_aurora.")
    return [
        *_instances(nodes),
        f"{acus} ACU" if acus else "",
        f"MySQL {version}" if version else "",
    ]


def _cache(nodes: _Nodes) -> list[str]:
    serverless = _first(nodes, ":ServerlessCache")
    given = serverless or _first(nodes, ":ReplicationGroup")
    engine = {"valkey": "Valkey", "redis": "Redis"}.get(str(given.get("engine")), "")
    clusters = number(given.get("numCacheClusters"))
    times = f"{clusters:g} × " if clusters and clusters > 1 else ""
    node_type = given.get("nodeType")
    version = given.get("engineVersion") or given.get("majorEngineVersion") or ""
    storage = mapping(mapping(given.get("cacheUsageLimits")).get("dataStorage"))
    most = number(storage.get("maximum"))
    return [
        f"{engine} {version}".strip(),
        f"{times}{node_type}" if node_type else "",
        _joined("serverless", f"up to {most:g} GB" if most else "") if serverless else "",
    ]


def _network(nodes: _Nodes) -> list[str]:
    zones = {n.inputs.get("availabilityZone") for n in of_type(nodes, "subnet:Subnet")}
    return [
        _joined(str(_first(nodes, "vpc:Vpc").get("cidrBlock") or ""), _count(len(zones), "zone")),
        _joined(
            _count(len(of_type(nodes, ":NatGateway")), "NAT gateway"),
            _count(len(of_type(nodes, "vpcEndpoint:VpcEndpoint")), "endpoint"),
        ),
    ]


def _security(nodes: _Nodes) -> list[str]:
    return [
        _joined(
            _count(len(of_type(nodes, "key:Key")), "key"),
            _count(len(of_type(nodes, "secret:Secret")), "secret"),
            _count(len(of_type(nodes, "role:Role")), "role"),
        )
    ]


def _watch(nodes: _Nodes) -> list[str]:
    alarms = [*of_type(nodes, ":MetricAlarm"), *of_type(nodes, ":CompositeAlarm")]
    return [
        _joined(
            _count(len(of_type(nodes, "logGroup:LogGroup")), "log group"),
            _count(len(alarms), "alarm"),
        )
    ]


_DETAILS: dict[str, Callable[[_Nodes], list[str]]] = {
    "dns": _dns,
    "waf": _waf,
    "cdn": _cdn,
    "site": _site,
    "functions": _functions,
    "balancer": _balancer,
    "blue": _slot,
    "green": _slot,
    "jobs": _jobs,
    "nodes": _node_group,
    "cluster": _cluster,
    "proxy": _proxy,
    "writer": _writer,
    "readers": _instances,
    "cache": _cache,
    "network": _network,
    "security": _security,
    "watch": _watch,
}
