"""What an ALB would write to CloudWatch of requests and of targets."""

from typing import Any

from stackyard.local.balancer_metrics import health_metrics, traffic_metrics
from stackyard.local.request_counts import Traffic
from tests.local.load_balancers import described, forward, rule, slot

ALL_TO_BLUE = described(rule("1", forward(blue=1), "/*"))


def metric_values(data: list[dict[str, Any]], **dimensions: str) -> dict[str, float]:
    return {
        d["MetricName"]: d["Value"]
        for d in data
        if "Value" in d and {x["Name"]: x["Value"] for x in d["Dimensions"]} == dimensions
    }


def test_what_the_balancer_answered_itself_is_no_metric_of_a_target_group() -> None:
    blue = {
        "RequestCount": 12,
        "HTTPCode_Target_2XX_Count": 8,
        "HTTPCode_Target_5XX_Count": 1,
        "HTTPCode_ELB_5XX_Count": 3,
    }
    none = {"HTTPCode_ELB_5XX_Count": 2}

    data = traffic_metrics(
        ALL_TO_BLUE,
        Traffic(counts={("main-80", "blue"): blue, ("main-80", "none"): none}, times={}),
    )

    assert metric_values(data, LoadBalancer="app/main/1") == {**blue, "HTTPCode_ELB_5XX_Count": 5}
    assert metric_values(data, TargetGroup="targetgroup/blue/1", LoadBalancer="app/main/1") == {
        "RequestCount": 12,
        "HTTPCode_Target_2XX_Count": 8,
        "HTTPCode_Target_5XX_Count": 1,
    }


def test_another_load_balancers_requests_are_not_counted() -> None:
    traffic = Traffic(counts={("other-80", "blue"): {"RequestCount": 1}}, times={})

    assert traffic_metrics(ALL_TO_BLUE, traffic) == []


def test_response_times_are_told_as_values_and_their_counts() -> None:
    traffic = Traffic(counts={}, times={("main-80", "blue"): {0.012: 3, 0.04: 1}})

    assert traffic_metrics(ALL_TO_BLUE, traffic) == [
        {
            "MetricName": "TargetResponseTime",
            "Dimensions": [
                {"Name": "TargetGroup", "Value": "targetgroup/blue/1"},
                {"Name": "LoadBalancer", "Value": "app/main/1"},
            ],
            "Values": [0.012, 0.04],
            "Counts": [3, 1],
            "Unit": "Seconds",
        }
    ]


def test_no_traffic_makes_no_metric() -> None:
    assert traffic_metrics(ALL_TO_BLUE, Traffic(counts={}, times={})) == []


def test_health_metrics_count_targets_of_each_group() -> None:
    slots = {"blue": {"a": slot(state="healthy"), "b": slot(2), "c": slot(3, state="draining")}}

    data = health_metrics(ALL_TO_BLUE, slots)

    assert metric_values(data, TargetGroup="targetgroup/blue/1", LoadBalancer="app/main/1") == {
        "HealthyHostCount": 1,
        "UnHealthyHostCount": 1,
    }
