"""HAProxy's counters become an ALB's metrics; without a process."""

from typing import Any

from stackyard.local.balancer_metrics import changes, counters, health_metrics, traffic_metrics
from tests.local.load_balancers import described, forward, rule, slot


def metric_values(data: list[dict[str, Any]], **dimensions: str) -> dict[str, float]:
    return {
        d["MetricName"]: d["Value"]
        for d in data
        if "Value" in d and {x["Name"]: x["Value"] for x in d["Dimensions"]} == dimensions
    }


def test_metrics_part_what_targets_answered_from_what_the_balancer_did() -> None:
    wanted = described(rule("1", forward(blue=1), "/*"))
    rows = {
        ("blue", "s1"): {"hrsp_2xx": "8", "hrsp_5xx": "1"},
        ("blue", "BACKEND"): {"hrsp_2xx": "8", "hrsp_5xx": "4"},
        ("main-80", "FRONTEND"): {"req_tot": "12", "hrsp_2xx": "8", "hrsp_5xx": "4"},
    }

    data = traffic_metrics(wanted, changes({}, counters(wanted, rows)), {})

    assert metric_values(data, LoadBalancer="app/main/1") == {
        "RequestCount": 12,
        "HTTPCode_Target_2XX_Count": 8,
        "HTTPCode_Target_5XX_Count": 1,
        "HTTPCode_ELB_5XX_Count": 3,
    }
    assert metric_values(data, TargetGroup="targetgroup/blue/1", LoadBalancer="app/main/1") == {
        "RequestCount": 9,
        "HTTPCode_Target_2XX_Count": 8,
        "HTTPCode_Target_5XX_Count": 1,
    }


def test_response_times_are_told_as_values_and_their_counts() -> None:
    wanted = described(rule("1", forward(blue=1), "/*"))

    data = traffic_metrics(wanted, {}, {"blue": {0.012: 3, 0.04: 1}})

    assert data == [
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


def test_counters_begin_anew_after_a_reload() -> None:
    assert changes({("blue", "2xx"): 100}, {("blue", "2xx"): 7}) == {("blue", "2xx"): 7}


def test_no_traffic_makes_no_metric() -> None:
    wanted = described(rule("1", forward(blue=1), "/*"))

    assert traffic_metrics(wanted, changes({}, counters(wanted, {})), {}) == []


def test_health_metrics_count_targets_of_each_group() -> None:
    wanted = described(rule("1", forward(blue=1), "/*"))
    slots = {"blue": {"a": slot(state="healthy"), "b": slot(2), "c": slot(3, state="draining")}}

    data = health_metrics(wanted, slots)

    assert metric_values(data, TargetGroup="targetgroup/blue/1", LoadBalancer="app/main/1") == {
        "HealthyHostCount": 1,
        "UnHealthyHostCount": 1,
    }
