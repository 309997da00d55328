"""CloudWatch in the embedded AWS: distributions, percentiles, windows, an hour of data."""

import gc
import json
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.cloudwatch.models import MetricDatum, cloudwatch_backends

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.connection import ACCOUNT, Connection
from stackyard.local.aws.repairs_metrics import percentile
from tests.local.aws import bare_moto

GROUP = {"Name": "TargetGroup", "Value": "targetgroup/blue/1"}
BALANCER = {"Name": "LoadBalancer", "Value": "app/main/1"}
NOW = datetime(2026, 3, 4, 12, 30, 17, tzinfo=UTC)


class Clock:
    """moto's, without a zone."""

    def __init__(self) -> None:
        self.now = NOW

    def utcnow(self) -> datetime:
        return self.now.replace(tzinfo=None)


class CloudWatch:
    """Puts and asks for one metric of one target group."""

    def __init__(self, aws: Connection, clock: Clock) -> None:
        self.aws, self.clock = aws, clock

    def put(
        self,
        counts: dict[float, int],
        *,
        at: datetime,
        dimensions: Sequence[dict[str, str]] = (GROUP, BALANCER),
    ) -> None:
        datum = {"MetricName": "Time", "Dimensions": dimensions, "Timestamp": at}
        datum |= {"Values": list(counts), "Counts": list(counts.values())}
        self.aws.call("cloudwatch", "put_metric_data", Namespace="Test", MetricData=[datum])

    def data(
        self,
        stat: str,
        start: datetime,
        end: datetime,
        *,
        dimensions: Sequence[dict[str, str]] = (GROUP, BALANCER),
        **more: Any,
    ) -> dict[str, Any]:
        metric = {"Namespace": "Test", "MetricName": "Time", "Dimensions": dimensions}
        query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}
        answer = self.aws.call(
            "cloudwatch",
            "get_metric_data",
            MetricDataQueries=[query],
            StartTime=start,
            EndTime=end,
            **more,
        )
        return answer["MetricDataResults"][0]

    def points(self, dimensions: Sequence[dict[str, str]], **what: Any) -> list[dict[str, Any]]:
        return self.aws.call(
            "cloudwatch",
            "get_metric_statistics",
            Namespace="Test",
            MetricName="Time",
            Dimensions=dimensions,
            StartTime=NOW - timedelta(seconds=10),
            EndTime=NOW + timedelta(seconds=10),
            Period=60,
            **what,
        )["Datapoints"]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    clock = Clock()
    monkeypatch.setattr("moto.core.utils.utcnow", clock.utcnow)
    with mock_aws():
        yield CloudWatch(AwsBackend.in_process().cloud.aws, clock)


@pytest.mark.parametrize(
    ("stat", "value"),
    [
        ("SampleCount", 1000.0),
        ("Average", 0.0159),
        ("Sum", 15.9),
        ("Minimum", 0.01),
        ("Maximum", 1.0),
        ("p50", 0.01),
        ("p95", 0.02),
        ("p99.9", 0.5),
        ("p100", 1.0),
    ],
)
def test_every_statistic_comes_from_the_same_distribution(
    watch: CloudWatch, stat: str, value: float
) -> None:
    watch.put({0.01: 940, 0.02: 50, 0.5: 9, 1.0: 1}, at=NOW)
    watch.put({3.0: 5}, at=NOW, dimensions=[BALANCER])

    found = watch.data(stat, NOW, NOW + timedelta(seconds=1))

    assert found["Values"] == pytest.approx([value])


def test_percentiles_go_over_all_reports_of_a_window(watch: CloudWatch) -> None:
    for second in range(10):
        slow = {0.9: 1} if second < 4 else {}
        watch.put({0.01: 10, **slow}, at=NOW + timedelta(seconds=second))

    found = [
        watch.data(stat, NOW, NOW + timedelta(seconds=10))["Values"] for stat in ("p95", "p97")
    ]

    assert found == [[0.01], [0.9]]


def test_a_window_begins_at_its_own_second(watch: CloudWatch) -> None:
    watch.put({0.9: 100}, at=NOW - timedelta(seconds=1))
    watch.put({0.01: 100}, at=NOW)
    watch.put({0.5: 100}, at=NOW + timedelta(seconds=3))

    found = watch.data("p95", NOW, NOW + timedelta(seconds=3))

    assert found["Values"] == [0.01]


def test_a_window_without_data_has_no_value(watch: CloudWatch) -> None:
    watch.put({0.01: 100}, at=NOW - timedelta(seconds=5))

    found = [watch.data(s, NOW, NOW + timedelta(seconds=9)) for s in ("Sum", "Maximum", "p95")]

    assert [f["Values"] for f in found] == [[], [], []]


@pytest.mark.parametrize(
    ("order", "values"),
    [("TimestampAscending", [0.01, 0.02]), ("TimestampDescending", [0.02, 0.01])],
)
def test_scan_by_orders_the_periods(watch: CloudWatch, order: str, values: list[float]) -> None:
    watch.put({0.01: 10}, at=NOW - timedelta(seconds=70))
    watch.put({0.02: 10}, at=NOW - timedelta(seconds=10))

    found = watch.data("p95", NOW - timedelta(seconds=71), NOW, ScanBy=order)

    assert found["Values"] == values


def test_a_statistic_that_is_not_known_is_refused(watch: CloudWatch) -> None:
    watch.put({0.01: 10}, at=NOW)

    with pytest.raises(ClientError, match=r"has no tm90; it has SampleCount, .* as p95 or p99\.9"):
        watch.data("tm90", NOW, NOW + timedelta(seconds=1))


def test_statistic_values_have_no_percentile(watch: CloudWatch) -> None:
    whole = {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}
    datum = {"MetricName": "Time", "Dimensions": [GROUP, BALANCER], "Timestamp": NOW}
    watch.aws.call(
        "cloudwatch",
        "put_metric_data",
        Namespace="Test",
        MetricData=[{**datum, "StatisticValues": whole}],
    )

    with pytest.raises(ClientError, match="Test Time was put as StatisticValues"):
        watch.data("p95", NOW, NOW + timedelta(seconds=1))


def test_the_order_of_dimensions_does_not_matter(watch: CloudWatch) -> None:
    watch.put({0.01: 10}, at=NOW)

    found = watch.data("p95", NOW, NOW + timedelta(seconds=1), dimensions=[BALANCER, GROUP])

    assert found["Values"] == [0.01]


def test_metric_statistics_give_plain_and_extended_statistics(watch: CloudWatch) -> None:
    watch.put({0.01: 94, 0.02: 5, 0.5: 1}, at=NOW)

    (point,) = watch.points(
        [GROUP, BALANCER], Statistics=["Maximum"], ExtendedStatistics=["p95", "p99.9"]
    )

    assert point["Maximum"] == 0.5
    assert point["ExtendedStatistics"] == {"p95": 0.02, "p99.9": 0.5}


def test_metric_statistics_of_a_balancer_leave_out_its_target_groups(watch: CloudWatch) -> None:
    watch.put({0.01: 10}, at=NOW)
    watch.put({0.01: 12}, at=NOW, dimensions=[BALANCER])

    (point,) = watch.points([BALANCER], Statistics=["SampleCount"])

    assert point["SampleCount"] == 12


def test_a_distribution_is_one_datum_and_an_old_one_is_dropped(watch: CloudWatch) -> None:
    for minutes in (61, 59, 0):
        watch.put({0.01: 1000, 0.02: 1000}, at=NOW - timedelta(minutes=minutes))

    kept = cloudwatch_backends[ACCOUNT]["us-east-1"].metric_data

    ages = [NOW.replace(tzinfo=None) - datum.timestamp for datum in kept]
    assert ages == [timedelta(minutes=59), timedelta(0)]


def test_what_is_dropped_takes_no_memory(watch: CloudWatch) -> None:
    watch.put({0.01: 1}, at=NOW)
    (datum,) = cloudwatch_backends[ACCOUNT]["us-east-1"].metric_data
    left = weakref.ref(datum)
    del datum

    watch.clock.now = NOW + timedelta(minutes=61)
    watch.put({0.01: 1}, at=watch.clock.now)
    gc.collect()

    assert left() is None


def test_values_without_as_many_counts_are_refused(watch: CloudWatch) -> None:
    datum = {"MetricName": "Time", "Values": [1.0, 2.0], "Counts": [1.0]}

    with pytest.raises(ClientError, match="must be of the same size"):
        watch.aws.call("cloudwatch", "put_metric_data", Namespace="Test", MetricData=[datum])


@given(st.lists(st.integers(0, 1000), min_size=1), st.integers(0, 1000))
def test_a_percentile_has_so_many_per_cent_at_or_below_it(values: list[int], tenths: int) -> None:
    data: list[Any] = [MetricDatum("n", "m", float(value), [], NOW) for value in values]

    found = percentile(data, Decimal(tenths) / 10)

    assert 1000 * sum(value <= found for value in values) >= tenths * len(values)
    assert 1000 * sum(value < found for value in values) <= tenths * len(values)


def test_an_alarms_state_is_told_by_its_name(watch: CloudWatch) -> None:
    for name in ("errors", "latency"):
        watch.aws.call(
            "cloudwatch",
            "put_metric_alarm",
            AlarmName=name,
            Namespace="Test",
            MetricName="Time",
            ExtendedStatistic="p95",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Period=60,
            Threshold=1.0,
        )
    watch.aws.call(
        "cloudwatch", "set_alarm_state", AlarmName="errors", StateValue="ALARM", StateReason="test"
    )

    found = watch.aws.call("cloudwatch", "describe_alarms", AlarmNames=["errors", "none"])

    assert [(a["AlarmName"], a["StateValue"]) for a in found["MetricAlarms"]] == [
        ("errors", "ALARM")
    ]


def test_moto_itself_can_do_none_of_what_is_repaired() -> None:
    # Once one of these differs, its repair can go.
    said = subprocess.run(
        [sys.executable, bare_moto.__file__],
        cwd=Path.cwd(),
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert json.loads(said) == {
        "data of 10 counts two hours old and 20 of now": 30,
        "values of a percentile": [],
        "values of dimensions turned round": [],
        "extended statistics": None,
        "balancer's count": 20,
        "data held for moto's own page": 30,
    }
