"""What CloudWatch is told of load balancers, and when; without a process."""

import asyncio
from typing import Any

import pytest

from stackyard.local import balancer_records
from stackyard.local.balancer_records import BalancerRecords
from stackyard.local.layout import Layout
from stackyard.local.secrets import make_secrets

TRAFFIC = {"MetricName": "RequestCount", "Value": 3}
HEALTHY, UNHEALTHY = ({"MetricName": "HealthyHostCount", "Value": value} for value in (1, 0))


class Told:
    """Stands in for CloudWatch, and keeps what it was told by call."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def call(self, *_: str, MetricData: list[dict[str, Any]], **_more: Any) -> None:  # noqa: N803  # AWS's name
        self.calls.append(MetricData)


class Teller:
    """Tells what CloudWatch then has."""

    def __init__(self, records: BalancerRecords, told: Told) -> None:
        self.records, self.told = records, told

    def tell(self, *, traffic: list[Any], health: list[Any], now: float) -> list[Any]:
        """What this moment made CloudWatch hear."""
        self.told.calls = []
        asyncio.run(self.records.tell_metrics(traffic, health, now=now))
        return self.told.calls


@pytest.fixture
def teller(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Teller:
    layout, told = Layout(root=tmp_path), Told()
    monkeypatch.setattr(balancer_records, "embedded_aws", lambda *_: told)
    return Teller(BalancerRecords(layout, make_secrets(layout)), told)


def test_nothing_counted_and_nothing_changed_is_no_call(teller: Teller) -> None:
    teller.tell(traffic=[], health=[HEALTHY], now=0.0)

    heard = teller.tell(traffic=[], health=[HEALTHY], now=59.0)

    assert heard == []


def test_traffic_alone_is_told_without_health(teller: Teller) -> None:
    teller.tell(traffic=[], health=[HEALTHY], now=0.0)

    heard = teller.tell(traffic=[TRAFFIC], health=[HEALTHY], now=2.0)

    assert heard == [[TRAFFIC]]


def test_health_is_told_when_it_changed(teller: Teller) -> None:
    teller.tell(traffic=[], health=[HEALTHY], now=0.0)

    heard = teller.tell(traffic=[TRAFFIC], health=[UNHEALTHY], now=2.0)

    assert heard == [[TRAFFIC, UNHEALTHY]]


def test_the_same_health_is_told_again_after_a_minute(teller: Teller) -> None:
    teller.tell(traffic=[], health=[HEALTHY], now=0.0)

    heard = teller.tell(traffic=[], health=[HEALTHY], now=60.0)

    assert heard == [[HEALTHY]]


def test_health_is_told_to_a_cloud_that_was_away(teller: Teller) -> None:
    teller.tell(traffic=[], health=[HEALTHY], now=0.0)
    teller.records.forget()

    heard = teller.tell(traffic=[], health=[HEALTHY], now=2.0)

    assert heard == [[HEALTHY]]


def test_health_that_was_refused_is_told_again(
    teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(balancer_records, "embedded_aws", lambda *_: None)
        with pytest.raises(AttributeError, match="call"):
            teller.tell(traffic=[], health=[HEALTHY], now=0.0)

    heard = teller.tell(traffic=[], health=[HEALTHY], now=2.0)

    assert heard == [[HEALTHY]]
