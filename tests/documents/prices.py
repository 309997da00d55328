"""What settings cost, as far as a price is known: dated, for one region, on demand."""

from stackyard.report.prices import price_table
from stackyard.report.usage import AUTO_MODE_SHARE, HOURS

_TABLE = price_table()
PRICED = (
    f"Prices are on demand, in USD for {_TABLE.region}, those of `stackyard/report/prices.json`:"
    f" each has its source there, from {_TABLE.dates[0]} to {_TABLE.dates[1]}. A month has {HOURS}"
    " hours. AWS's own page holds where it differs; what has no price here is not free."
)


def usd(key: str) -> float:
    """A price by its key in the table."""
    return float(_TABLE.prices[key].usd)


EKS_HOUR, EKS_EXTENDED_HOUR = usd("eks.cluster"), 0.60
"""Extended support is refused by the program, so that no estimate needs its price."""
NAT_HOUR, NAT_GB = usd("nat.hour"), usd("nat.gb")
ENDPOINT_HOUR, ENDPOINT_GB = usd("endpoint.hour"), usd("endpoint.gb")
LOGS_GB, S3_GB, CLOUDFRONT_GB = usd("logs.gb"), usd("s3.gb"), usd("cloudfront.gb")
WEB_ACL, WEB_ACL_RULE = usd("waf.acl"), usd("waf.rule")
WEB_ACL_MILLION = usd("waf.requests")
ZONE = usd("zone.month")
ACU_HOUR, PROXY_HOUR = usd("aurora.acu"), usd("rdsProxy.vcpu")
CACHE_GB_HOUR, CACHE_MILLION = usd("valkey.serverless.gb"), usd("valkey.serverless.ecpu")


def _hours(kind: str, *sizes: str) -> dict[str, float]:
    return {size: usd(f"{kind}.{size}") for size in sizes}


AURORA_HOURS = _hours("aurora", "db.t4g.medium", "db.r8g.large", "db.r8g.xlarge")
VALKEY_HOURS = _hours("valkey", "cache.t4g.micro", "cache.t4g.small", "cache.r7g.large")
EC2_HOURS = _hours("ec2", "t4g.medium", "m8g.large", "m8g.xlarge")


def month(hour: float, count: float = 1) -> str:
    """Dollars a month of something that is paid by the hour."""
    return f"${hour * HOURS * count:,.0f}"


def _months(hours: dict[str, float]) -> str:
    return ", ".join(f"{kind} {month(hour)}" for kind, hour in hours.items())


COSTS = {
    "env.zoneId": f"the hosted zone ${ZONE:.2f} a month",
    "network.nat": (
        f"each gateway {month(NAT_HOUR)} a month and ${NAT_GB} a GB; `perZone` is one for each of"
        " `network.zones`"
    ),
    "network.interfaceEndpoints": (
        f"each {month(ENDPOINT_HOUR)} a month in every zone and ${ENDPOINT_GB} a GB; the eight of"
        f" size large in three zones {month(ENDPOINT_HOUR, 8 * 3)}"
    ),
    "network.flowLogs": f"${LOGS_GB:.2f} for each GB of log",
    "database.instanceClass": (
        f"each instance a month: {_months(AURORA_HOURS)}; db.serverless {month(ACU_HOUR)} for each"
        " ACU in use"
    ),
    "database.acuMin": (
        f"{month(ACU_HOUR, 0.5)} a month for each half ACU of each instance, idle or not"
    ),
    "database.acuMax": f"at most {month(ACU_HOUR)} a month for each ACU of each instance",
    "database.readers": "each as much as the writer",
    "database.proxy": (
        f"{month(PROXY_HOUR)} a month for each vCPU of the instances behind it, or ACU of those"
        " without a fixed size, of which eight are counted at least; its second endpoint has no"
        " price here"
    ),
    "database.insights": "`advanced` by vCPU or ACU; no price is known here",
    "database.backtrackHours": "by change records kept; no price is known here",
    "cache.nodeType": f"each node a month, Valkey: {_months(VALKEY_HOURS)}",
    "cache.mode": (
        f"`serverless`: {month(CACHE_GB_HOUR)} a month for each GB in it, a tenth of one at least,"
        f" and ${CACHE_MILLION:.4f} for a million processing units"
    ),
    "cache.replicas": "each as much as the primary",
    "cluster.version": (
        f"the control plane {month(EKS_HOUR)} a month; in extended support, which the program"
        f" refuses, {month(EKS_EXTENDED_HOUR)}"
    ),
    "cluster.compute": (
        f"`auto` takes {AUTO_MODE_SHARE:.0%} of each node's on-demand price for itself"
    ),
    "cluster.containerInsights": "by metrics and logs; no price is known here",
    "cluster.instanceTypes": f"each node a month: {_months(EC2_HOURS)}",
    "cluster.nodesMin": "each as its type; these run day and night",
    "edge.waf": (
        f"the web ACL ${WEB_ACL:g} a month, each rule ${WEB_ACL_RULE:g}, a million requests"
        f" ${WEB_ACL_MILLION:.2f}; the same for both values"
    ),
    "edge.priceClass": f"${CLOUDFRONT_GB} a GB in North America and Europe, more elsewhere",
    "edge.accessLogs": f"${S3_GB} a month for each GB kept",
    "release.keepPrevious": "the pods of one more version, and the nodes they need",
    "observe.logDays": f"${LOGS_GB:.2f} for each GB of log that comes in",
}
"""By setting."""
