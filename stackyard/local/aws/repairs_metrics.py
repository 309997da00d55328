"""CloudWatch in moto: distributions, percentiles, exact dimensions, an hour of data."""

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.models import (
    CloudWatchBackend,
    Dimension,
    MetricAggregatedDatum,
    MetricDatum,
    MetricDatumBase,
    Statistics,
)
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core import utils as moto_utils

from stackyard.local.aws.patching import method, patch

KEPT = timedelta(hours=1)
"""Longest that a datum is kept: moto keeps all and searches all, a busy stack's in minutes."""

PLAIN_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


class Distribution(MetricAggregatedDatum):
    """Values and how often each was seen, as one datum: moto makes one of every count."""

    def __init__(self, namespace: str, member: dict[str, Any]) -> None:
        values = [float(value) for value in member["Values"]]
        counts = [float(count) for count in member.get("Counts") or [1] * len(values)]
        self.pairs = list(zip(values, counts, strict=True))
        super().__init__(
            namespace=namespace,
            name=member["MetricName"],
            min_stat=min(values),
            max_stat=max(values),
            sample_count=sum(counts),
            sum_stat=sum(value * count for value, count in self.pairs),
            dimensions=member.get("Dimensions", []),
            timestamp=member.get("Timestamp"),
            unit=member.get("Unit"),
        )


def repair_metrics() -> None:
    """Patch moto's classes."""
    _repair_dimensions()
    _repair_memory()
    _repair_puts()
    _repair_percentiles()


def _repair_dimensions() -> None:
    """A metric is its name and all its dimensions, in whatever order they are named."""

    def less(self: Dimension, other: Dimension) -> bool:
        # moto compares a value with a name, and so finds no metric with its dimensions turned.
        return (self.name or "", self.value or "") < (other.name or "", other.value or "")

    patch(Dimension, "__lt__", less)
    get_all = method(CloudWatchBackend, "get_metric_statistics")

    def get(
        self: CloudWatchBackend, *args: Any, dimensions: list[dict[str, str]], **more: Any
    ) -> Any:
        # moto counts a target group's requests to its load balancer's, which have a metric too.
        names = {d["Name"] for d in dimensions}
        data = [d for d in self.get_all_metrics() if {own.name for own in d.dimensions} == names]
        return get_all(_Data(data), *args, dimensions=dimensions, **more)

    patch(CloudWatchBackend, "get_metric_statistics", get)


class _Data:
    """What GetMetricStatistics asks of a backend."""

    def __init__(self, data: list[MetricDatumBase]) -> None:
        self._data = data

    def get_all_metrics(self) -> list[MetricDatumBase]:
        return self._data


def _repair_memory() -> None:
    """Moto keeps all it ever made, for a page that is closed here: no datum would be let go."""

    def untracked(datum: type[Any], *_: Any, **_named: Any) -> Any:
        return object.__new__(datum)

    patch(MetricDatumBase, "__new__", staticmethod(untracked))


def _repair_puts() -> None:
    put_without = method(CloudWatchBackend, "put_metric_data")

    def put(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        for place, member in enumerate(metric_data, start=1):
            self._validate_parameters_put_metric_data(member, place)  # pyright: ignore[reportPrivateUsage]  # CloudWatch's refusals stand there
        put_without(self, namespace, [m for m in metric_data if not m.get("Values")])
        # A BaseModel to moto's own types.
        made: list[Any] = [Distribution(namespace, m) for m in metric_data if m.get("Values")]
        self.metric_data += made
        oldest = moto_utils.utcnow() - KEPT
        self.metric_data = [datum for datum in self.metric_data if datum.timestamp >= oldest]

    patch(CloudWatchBackend, "put_metric_data", put)


def _repair_percentiles() -> None:
    plain = method(Statistics, "get_statistics_for_type")
    answer_without = method(CloudWatchResponse, "get_metric_statistics")

    def statistic(self: Statistics, stat: str) -> Any:
        if stat in PLAIN_STATISTICS:
            return plain(self, stat)
        found = PERCENTILE.fullmatch(stat)
        if not found:
            known = f"{', '.join(PLAIN_STATISTICS)} and percentiles as p95 or p99.9"
            raise InvalidParameterValue(f"The embedded CloudWatch has no {stat}; it has {known}.")
        return percentile(self.metric_data, Decimal(found[1]))

    def answer(self: CloudWatchResponse) -> Any:
        given: Any = answer_without(self)
        asked: list[str] = self.params.get("ExtendedStatistics", [])
        for point in given.result["Datapoints"] if asked else ():
            point.extended_statistics = {s: point.get_statistics_for_type(s) for s in asked}
        return given

    patch(Statistics, "get_statistics_for_type", statistic)
    patch(CloudWatchResponse, "get_metric_statistics", answer)


def percentile(data: Iterable[MetricDatumBase], percent: Decimal) -> float:
    """The least value that so many per cent of all are not above.

    Raises `InvalidParameterValue` for StatisticValues, of which no percentile is known.
    """
    pairs = sorted(pair for datum in data for pair in _pairs(datum))
    rank = percent * Decimal(sum(count for _, count in pairs)) / 100
    seen = Decimal(0)
    for value, count in pairs:
        seen += Decimal(count)
        if seen >= rank:
            return value
    return pairs[-1][0]


def _pairs(datum: MetricDatumBase) -> list[tuple[float, float]]:
    if isinstance(datum, Distribution):
        return datum.pairs
    if isinstance(datum, MetricDatum):
        return [(datum.value, 1.0)]
    raise InvalidParameterValue(
        f"{datum.namespace} {datum.name} was put as StatisticValues, which have no percentiles;"
        " put Values and Counts."
    )
