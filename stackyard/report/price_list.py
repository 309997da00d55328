"""The price table renewed from AWS's price list files.

Their shape is AWS's (Billing user guide, "Getting price list files manually", "Reading the service
Region index file", "Reading the service price list file for an AWS service"). The index names each
service's index of regions, that one the service's file for a region. The CSV beside each JSON file
is read line by line: the file of EC2 alone has hundreds of megabytes.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.report.prices import Price, PriceTable, Source

INDEX = "/offers/v1.0/aws/index.json"
_HEAD_ROWS = 5
"""Rows before the names of the columns: version of the format, disclaimer, date, version, code."""
_DATE, _SKU = "Publication Date", "SKU"

Json = Callable[[str], Mapping[str, Any]]
"""Fetches a JSON file by its path."""
Lines = Callable[[str], AbstractContextManager[Iterable[str]]]
"""Opens a text file by its path."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What tells a price's row from all others of a service's file."""

    service: str
    usage: str = ""
    """Expression for the column usageType, without the prefix of a region; any if empty."""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other columns and their values."""
    per: str
    times: int = 1
    """From AWS's unit to ours."""


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """A renewed table, and what the price list said nothing about."""

    table: PriceTable
    changed: Mapping[str, tuple[Decimal | None, Decimal]]
    """Old price (none where there was none) and new one, by key."""
    kept: tuple[str, ...]
    """Keys whose price is as old as before."""


def refreshed(
    table: PriceTable, region: str, added: Iterable[str], fetch: Json, read: Lines
) -> Refreshed:
    """The prices of `region` for all keys of the table and the `added` ones.

    Raises `SettingsFaultError` for a key that no offer is known for, or when prices of another
    region would stay in the table.
    """
    keys = {*table.prices, *added}
    unknown = sorted(key for key in added if offer_of(key) is None)
    if unknown:
        raise SettingsFaultError(
            f"{', '.join(unknown)}: no offer of AWS is known for such a price; write it like"
            " ec2.m8g.large, aurora.db.r8g.large or valkey.cache.r7g.large"
        )
    wanted: dict[str, dict[str, Offer]] = {}
    for key in sorted(keys):
        offer = offer_of(key)
        if offer is not None:
            wanted.setdefault(offer.service, {})[key] = offer
    prices, sources = dict(table.prices), dict(table.sources)
    found: set[str] = set()
    index = _of(fetch(INDEX), "offers", INDEX)
    for service, offers in wanted.items():
        path = _csv_path(service, region, index, fetch)
        if path is None:
            continue
        with read(path) as lines:
            date, rows = _rows(lines, path)
            for key, usd in _matching(rows, offers):
                prices[key] = Price(usd=usd, per=offers[key].per, source=service)
                found.add(key)
        sources[service] = Source(title=f"AWS price list, {service}, {region}", date=date)
    kept = tuple(sorted(set(table.prices) - found))
    if kept and region != table.region:
        prices = {key: price for key, price in prices.items() if key in found}
    changed = {
        key: (table.prices[key].usd if key in table.prices else None, prices[key].usd)
        for key in sorted(found)
        if key not in table.prices or table.prices[key].usd != prices[key].usd
    }
    return Refreshed(
        table=PriceTable(region=region, prices=prices, sources=sources), changed=changed, kept=kept
    )


def offer_of(key: str) -> Offer | None:
    """Where AWS lists a price; none for one that it lists in no region's file."""
    kind, _, size = key.partition(".")
    if kind == "ec2":
        return Offer(service="AmazonEC2", columns={**_LINUX, "Instance Type": size}, per="hour")
    if kind == "aurora" and size.startswith("db."):
        columns = {**_AURORA, "Instance Type": size}
        return Offer(service="AmazonRDS", usage="InstanceUsage:.*", columns=columns, per="hour")
    if kind in _ENGINES and size.startswith("cache."):
        columns = {"Instance Type": size, "Cache Engine": _ENGINES[kind]}
        return Offer(service="AmazonElastiCache", usage="NodeUsage:.*", columns=columns, per="hour")
    if kind in _ENGINES and size in _SERVERLESS:
        usage, per, times = _SERVERLESS[size]
        usage = f"{usage}:{_ENGINES[kind]}"
        return Offer(service="AmazonElastiCache", usage=usage, per=per, times=times)
    return _OFFERS.get(key)


def _csv_path(service: str, region: str, index: Mapping[str, Any], fetch: Json) -> str | None:
    """The path of a service's prices for a region; none where it has none there."""
    listed: Mapping[str, Any] = index.get(service) or {}
    regional = listed.get("currentRegionIndexUrl")
    if not isinstance(regional, str):
        return None
    regions = _of(fetch(regional), "regions", regional)
    here: Mapping[str, Any] = regions.get(region) or {}
    current = here.get("currentVersionUrl")
    return re.sub(r"\.json$", ".csv", current) if isinstance(current, str) else None


def _of(given: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
    found: Any = given.get(key)
    if not isinstance(found, dict):
        raise StackyardError(f"{path}: has no {key}; is this AWS's price list?")
    return {str(name): value for name, value in found.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON


def _rows(lines: Iterable[str], path: str) -> tuple[str, Iterator[dict[str, str]]]:
    """The day of a file, and its rows by the names of the columns in small letters."""
    reader = csv.reader(lines)
    head = [row for _, row in zip(range(_HEAD_ROWS), reader, strict=False)]
    dates = [row[1] for row in head if len(row) > 1 and row[0] == _DATE]
    names = [name.casefold() for name in next(reader, list[str]())]
    if not dates or _SKU.casefold() not in names:
        raise StackyardError(f"{path}: is no price list file: its first rows are not AWS's")
    return dates[0][:10], (dict(zip(names, row, strict=False)) for row in reader)


def _matching(
    rows: Iterable[Mapping[str, str]], offers: Mapping[str, Offer]
) -> Iterator[tuple[str, Decimal]]:
    """The first tier's price of each offer that is found."""
    for row in rows:
        if row.get("termtype") != "OnDemand" or row.get("startingrange") not in {"0", ""}:
            continue
        if row.get("currency") != "USD" or row.get("location type", "AWS Region") != "AWS Region":
            continue
        for key, offer in offers.items():
            if _is(row, offer):
                usd = _decimal(row.get("priceperunit", ""))
                # Free tiers and reservations have rows of their own that cost nothing.
                if usd:
                    yield key, (usd * offer.times).normalize() + Decimal(0)


def _is(row: Mapping[str, str], offer: Offer) -> bool:
    if any(row.get(name.casefold()) != value for name, value in offer.columns.items()):
        return False
    usage = row.get("usagetype", "")
    return not offer.usage or re.fullmatch(rf"([A-Z]+\d*-)?{offer.usage}", usage) is not None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


_ENGINES = {"valkey": "Valkey", "redis": "Redis"}
_LINUX = {
    "Product Family": "Compute Instance",
    "Operating System": "Linux",
    "Tenancy": "Shared",
    "Pre Installed S/W": "NA",
    "CapacityStatus": "Used",
}
_AURORA = {"Product Family": "Database Instance", "Database Engine": "Aurora MySQL"}
_MILLION = 1_000_000
_SERVERLESS = {
    "serverless.gb": ("CachedData", "GB-hour", 1),
    "serverless.ecpu": ("ElastiCacheProcessingUnits", "million ECPUs", _MILLION),
}
_OFFERS = {
    "alarm.highResolution": Offer(
        service="AmazonCloudWatch",
        usage="CW:HighResAlarmMonitorUsage|HighResAlarmMonitorUsage",
        per="month",
    ),
    "alarm.month": Offer(
        service="AmazonCloudWatch", usage="CW:AlarmMonitorUsage|AlarmMonitorUsage", per="month"
    ),
    "alb.hour": Offer(
        service="AWSELB",
        usage="LoadBalancerUsage",
        columns={"Product Family": "Load Balancer-Application"},
        per="hour",
    ),
    "alb.lcu": Offer(
        service="AWSELB",
        usage="LCUUsage",
        columns={"Product Family": "Load Balancer-Application"},
        per="LCU-hour",
    ),
    "aurora.acu": Offer(
        service="AmazonRDS",
        usage="Aurora:ServerlessV2Usage",
        columns={"Database Engine": "Aurora MySQL"},
        per="hour",
    ),
    "aurora.acu.ioOptimized": Offer(
        service="AmazonRDS",
        usage="Aurora:ServerlessV2IOOptimizedUsage",
        columns={"Database Engine": "Aurora MySQL"},
        per="hour",
    ),
    "aurora.io": Offer(
        service="AmazonRDS",
        usage="Aurora:StorageIOUsage",
        per="million requests",
        times=_MILLION,
    ),
    "aurora.storage": Offer(service="AmazonRDS", usage="Aurora:StorageUsage", per="GB-month"),
    "aurora.storage.ioOptimized": Offer(
        service="AmazonRDS", usage="Aurora:IO-OptimizedStorageUsage", per="GB-month"
    ),
    "ebs.gp3": Offer(
        service="AmazonEC2",
        usage="EBS:VolumeUsage.gp3",
        columns={"Product Family": "Storage"},
        per="GB-month",
    ),
    "ecr.gb": Offer(service="AmazonECR", usage="TimedStorage-ByteHrs", per="GB-month"),
    "eks.cluster": Offer(service="AmazonEKS", usage="AmazonEKS-Hours:perCluster", per="hour"),
    "endpoint.gb": Offer(service="AmazonVPC", usage="VpcEndpoint-Bytes", per="GB"),
    "endpoint.hour": Offer(service="AmazonVPC", usage="VpcEndpoint-Hours", per="hour"),
    "ipv4.hour": Offer(service="AmazonVPC", usage="PublicIPv4:InUseAddress", per="hour"),
    "kms.key": Offer(service="awskms", usage=r"([a-z]+-[a-z]+-\d-)?KMS-Keys", per="month"),
    "logs.gb": Offer(service="AmazonCloudWatch", usage="DataProcessing-Bytes", per="GB"),
    "nat.gb": Offer(service="AmazonEC2", usage="NatGateway-Bytes", per="GB"),
    "nat.hour": Offer(service="AmazonEC2", usage="NatGateway-Hours", per="hour"),
    "rdsProxy.vcpu": Offer(service="AmazonRDS", usage="RDS:ProxyUsage", per="hour"),
    "restApi.requests": Offer(
        service="AmazonApiGateway",
        usage="ApiGatewayRequest",
        per="million requests",
        times=_MILLION,
    ),
    "s3.gb": Offer(service="AmazonS3", usage="TimedStorage-ByteHrs", per="GB-month"),
    "secret.month": Offer(
        service="AWSSecretsManager", columns={"Product Family": "Secret"}, per="month"
    ),
    "sqs.requests": Offer(
        service="AWSQueueService",
        columns={"Product Family": "API Request", "Queue Type": "Standard"},
        per="million requests",
        times=_MILLION,
    ),
    "waf.acl": Offer(service="awswaf", usage="WebACLV2", per="month"),
    "waf.requests": Offer(
        service="awswaf", usage="RequestV2-Tier1", per="million requests", times=_MILLION
    ),
    "waf.rule": Offer(service="awswaf", usage="RuleV2", per="month"),
}
"""Usage types as infracost's resources name them; CloudFront and Route 53 are in no region's
file."""
