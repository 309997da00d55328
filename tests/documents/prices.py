"""What settings cost, as far as a price is known: dated, for one region, on demand."""

HOURS = 730
"""Of a month, as AWS's own calculator counts."""
PRICED = (
    "Prices are on demand, in USD for us-east-1, read in October 2026 from public copies of AWS's"
    " price lists: EC2 from karpenter-provider-aws (generated 2026-07-20), ElastiCache from a table"
    " made of the Price List API on 2026-10-02, the rest from Infracost's tests (July 2024 to July"
    " 2025) and, for Aurora, two public tables that agree. A month has 730 hours. AWS's own page"
    " holds where it differs; what has no price here is not free."
)

EKS_HOUR, EKS_EXTENDED_HOUR = 0.10, 0.60
NAT_HOUR, NAT_GB = 0.045, 0.045
ENDPOINT_HOUR, ENDPOINT_GB = 0.01, 0.01
LOGS_GB, S3_GB, CLOUDFRONT_GB = 0.50, 0.023, 0.085
WEB_ACL, WEB_ACL_RULE, WEB_ACL_MILLION = 5, 1, 0.60
ZONE = 0.50
ACU_HOUR = 0.12
AURORA_HOURS = {"db.t4g.medium": 0.073, "db.r6g.large": 0.260, "db.r6g.xlarge": 0.519}
VALKEY_HOURS = {"cache.t4g.micro": 0.0128, "cache.t4g.small": 0.0256, "cache.r7g.large": 0.1752}
EC2_HOURS = {"t4g.medium": 0.0336, "m7g.large": 0.0816, "m8g.large": 0.08976}


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
    "database.proxy": "by vCPU or ACU of the instances behind it; no price is known here",
    "cache.nodeType": f"each node a month, Valkey: {_months(VALKEY_HOURS)}",
    "cache.replicas": "each as much as the primary",
    "cluster.version": (
        f"the control plane {month(EKS_HOUR)} a month; in extended support, which the program"
        f" refuses, {month(EKS_EXTENDED_HOUR)}"
    ),
    "cluster.instanceTypes": f"each node a month: {_months(EC2_HOURS)}",
    "cluster.nodesMin": "each as its type; these run day and night",
    "edge.waf": (
        f"the web ACL ${WEB_ACL} a month, each rule ${WEB_ACL_RULE}, a million requests"
        f" ${WEB_ACL_MILLION:.2f}; the same for both values"
    ),
    "edge.priceClass": f"${CLOUDFRONT_GB} a GB in North America and Europe, more elsewhere",
    "edge.accessLogs": f"${S3_GB} a month for each GB kept",
    "release.keepPrevious": "the pods of one more version, and the nodes they need",
    "observe.logDays": f"${LOGS_GB:.2f} for each GB of log that comes in",
}
"""By setting."""
