"""What each type of resource is charged for: how much of which price."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from stackyard.report.cost_nodes import POOL, machine, node_group, node_pool, zones
from stackyard.report.graph import Node
from stackyard.report.shapes import items, mapping, number
from stackyard.report.usage import (
    BUCKET_GIB,
    ECPUS_PER_KIB,
    HOURS,
    IOS_PER_REQUEST,
    NAT_SHARE,
    POLLS,
    PROXY_MIN_ACUS,
    REPOSITORY_GIB,
    SMALLEST_CACHE_GB,
    Amount,
    Asked,
    Usage,
    between,
    hourly,
    not_priced,
    steady,
    used,
)

_Item = Callable[[Node, Asked], Iterator[Amount]]
_INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
_CLUSTER = "aws:rds/cluster:Cluster"


def _hours(key: str, what: str) -> _Item:
    def item(_: Node, __: Asked) -> Iterator[Amount]:
        yield steady(key, what, HOURS)

    return item


def _monthly(key: str, what: str) -> _Item:
    def item(_: Node, __: Asked) -> Iterator[Amount]:
        yield steady(key, what, 1)

    return item


def _nat(node: Node, asked: Asked) -> Iterator[Amount]:
    gateways = len(asked.all("aws:ec2/natGateway:NatGateway"))
    # A regional one is charged for in every zone that it stands in (Amazon VPC pricing).
    places = zones(asked) if node.inputs.get("availabilityMode") == "regional" else 1
    yield steady("nat.hour", "NAT gateways", HOURS * places)
    yield used("nat.gb", "data through NAT", asked.out_gb * NAT_SHARE / gateways)


def _endpoint(node: Node, _: Asked) -> Iterator[Amount]:
    if node.inputs.get("vpcEndpointType") == "Interface":
        zones = len(items(node.inputs.get("subnetIds"))) or 1
        yield steady("endpoint.hour", "interface endpoints", HOURS * zones)


def _balancer(node: Node, asked: Asked) -> Iterator[Amount]:
    if node.inputs.get("loadBalancerType", "application") != "application":
        yield steady("networkBalancer.hour", "load balancer", HOURS)
        return
    yield steady("alb.hour", "load balancer", HOURS)
    requests = asked.usage.monthly_requests
    # An LCU is 1 GB an hour, 1,000 rule evaluations or 25 new connections a second, what is most.
    lcu_hours = max(asked.out_gb, requests * 2 / 3_600_000, requests / 100 / 90_000)
    yield used("alb.lcu", "load balancer capacity", lcu_hours)


def _web_acl(node: Node, asked: Asked) -> Iterator[Amount]:
    yield steady("waf.acl", "web ACL", 1)
    yield steady("waf.rule", "web ACL rules", len(items(node.inputs.get("rules"))))
    yield used("waf.requests", "web ACL requests", asked.usage.monthly_requests / 1e6)


def _distribution(_: Node, asked: Asked) -> Iterator[Amount]:
    yield used("cloudfront.gb", "CloudFront data", asked.out_gb)
    yield used("cloudfront.requests", "CloudFront requests", asked.usage.monthly_requests / 1e6)


def _function(_: Node, asked: Asked) -> Iterator[Amount]:
    # More than are called: only the site's paths run one, but all of them may.
    runs = asked.usage.monthly_requests / 1e6
    yield used("cloudfront.functions", "CloudFront functions", runs)


def _logs(_: Node, asked: Asked) -> Iterator[Amount]:
    groups = len(asked.all("aws:cloudwatch/logGroup:LogGroup"))
    yield used("logs.gb", "logs", asked.usage.log_gib / groups)


def _alarm(node: Node, _: Asked) -> Iterator[Amount]:
    seconds = number(node.inputs.get("period")) or 60
    queries = max(1, len(items(node.inputs.get("metricQueries"))))
    key = "alarm.highResolution" if seconds < 60 else "alarm.month"
    yield steady(key, "alarms", queries)


def _bucket(_: Node, __: Asked) -> Iterator[Amount]:
    yield used("s3.gb", "objects in S3", BUCKET_GIB)


def _images(_: Node, __: Asked) -> Iterator[Amount]:
    yield used("ecr.gb", "images", REPOSITORY_GIB)


def _database(node: Node, asked: Asked) -> Iterator[Amount]:
    optimized = node.inputs.get("storageType") == "aurora-iopt1"
    storage = "aurora.storage.ioOptimized" if optimized else "aurora.storage"
    yield used(storage, "database storage", asked.usage.database_gib)
    if not optimized:
        ios = asked.usage.monthly_requests * IOS_PER_REQUEST / 1e6
        yield used("aurora.io", "database storage operations", ios)
    if node.inputs.get("manageMasterUserPassword"):
        yield steady("secret.month", "secrets", 1)
    if node.inputs.get("backtrackWindow"):
        yield not_priced("backtrack")


def _instance(node: Node, asked: Asked) -> Iterator[Amount]:
    size = str(node.inputs.get("instanceClass"))
    cluster = _cluster_of(node, asked)
    if cluster is not None and cluster.inputs.get("databaseInsightsMode") == "advanced":
        yield not_priced("Database Insights, advanced")
    optimized = cluster is not None and cluster.inputs.get("storageType") == "aurora-iopt1"
    if size == "db.serverless":
        acus = _acus(cluster, asked.usage)
        key = "aurora.acu.ioOptimized" if optimized else "aurora.acu"
        yield hourly(key, "database instances (serverless)", acus)
        return
    yield hourly(
        f"aurora.{size}",
        f"database instances ({size})",
        (1, 1, 1),
        # I/O-Optimized instances cost 30 % more (Amazon Aurora pricing).
        factor=Decimal("1.3") if optimized else Decimal(1),
        reservable=True,
    )


def _cluster_of(node: Node, asked: Asked) -> Node | None:
    near = (asked.graph.get(urn) for urn in sorted(node.dependencies))
    return next((found for found in near if found is not None and found.type == _CLUSTER), None)


def _acus(cluster: Node | None, usage: Usage) -> tuple[float, float, float]:
    found = cluster.inputs.get("serverlessv2ScalingConfiguration") if cluster else None
    given = mapping(found)
    least = number(given.get("minCapacity")) or 0.5
    return between(least, number(given.get("maxCapacity")) or least, usage)


def _proxy(_: Node, asked: Asked) -> Iterator[Amount]:
    """By the vCPUs of the instances behind it, or by the capacity units of serverless ones."""
    for instance in sorted(asked.all(_INSTANCE), key=lambda node: node.urn):
        size = str(instance.inputs.get("instanceClass"))
        if size == "db.serverless":
            acus = _acus(_cluster_of(instance, asked), asked.usage)
            low, expected, high = (max(PROXY_MIN_ACUS, each) for each in acus)
        else:
            low = expected = high = vcpus(size)
        yield hourly("rdsProxy.vcpu", "RDS Proxy", (low, expected, high))


def vcpus(size: str) -> int:
    """By the size's name: two up to `large`, four of an `xlarge`, four a number before it."""
    word = size.rpartition(".")[2]
    times = word.removesuffix("xlarge")
    if times == word:
        return 2
    return 4 * int(times) if times.isdigit() else 4


def _cache(node: Node, _: Asked) -> Iterator[Amount]:
    nodes = number(node.inputs.get("numCacheClusters")) or 1
    size, engine = node.inputs.get("nodeType"), node.inputs.get("engine", "redis")
    yield hourly(
        f"{engine}.{size}",
        f"cache nodes ({size})",
        (nodes, nodes, nodes),
        reservable=True,
    )


def _serverless_cache(node: Node, asked: Asked) -> Iterator[Amount]:
    engine = str(node.inputs.get("engine"))
    limits = mapping(node.inputs.get("cacheUsageLimits"))
    least = SMALLEST_CACHE_GB.get(engine, 1)
    most = number(mapping(limits.get("dataStorage")).get("maximum")) or least
    kept = between(least, max(least, most), asked.usage)
    yield hourly(f"{engine}.serverless.gb", "data in the serverless cache", kept)
    units = asked.usage.monthly_requests * max(1, asked.usage.response_kib * ECPUS_PER_KIB) / 1e6
    yield used(f"{engine}.serverless.ecpu", "requests of the serverless cache", units)


def _queue(_: Node, __: Asked) -> Iterator[Amount]:
    yield steady("sqs.requests", "requests of queues", POLLS / 1e6)


def _addon(node: Node, _: Asked) -> Iterator[Amount]:
    if node.inputs.get("addonName") == "amazon-cloudwatch-observability":
        yield not_priced("Container Insights")


def _rest_api(_: Node, asked: Asked) -> Iterator[Amount]:
    yield used("restApi.requests", "API Gateway requests", asked.usage.monthly_requests / 1e6)


ITEMS: dict[str, _Item] = {
    "aws:apigateway/restApi:RestApi": _rest_api,
    "aws:cloudfront/distribution:Distribution": _distribution,
    "aws:cloudfront/function:Function": _function,
    "aws:cloudwatch/logGroup:LogGroup": _logs,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/eip:Eip": _hours("ipv4.hour", "public IPv4 addresses"),
    "aws:ec2/instance:Instance": machine,
    "aws:ec2/natGateway:NatGateway": _nat,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ecr/repository:Repository": _images,
    "aws:eks/cluster:Cluster": _hours("eks.cluster", "EKS control plane"),
    "aws:eks/addon:Addon": _addon,
    "aws:eks/nodeGroup:NodeGroup": node_group,
    POOL: node_pool,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:elasticache/serverlessCache:ServerlessCache": _serverless_cache,
    "aws:kms/key:Key": _monthly("kms.key", "keys"),
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    _CLUSTER: _database,
    _INSTANCE: _instance,
    "aws:rds/proxy:Proxy": _proxy,
    "aws:route53/zone:Zone": _monthly("zone.month", "hosted zones"),
    "aws:s3/bucket:Bucket": _bucket,
    "aws:secretsmanager/secret:Secret": _monthly("secret.month", "secrets"),
    "aws:sqs/queue:Queue": _queue,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
}
