"""What moto's CloudWatch does without our repairs, as JSON: repairs are a process's own."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws
from moto.cloudwatch.models import MetricDatum, cloudwatch_backends

GROUP, BALANCER = ({"Name": name, "Value": f"app/{name}"} for name in ("TargetGroup", "Balancer"))


def main() -> None:
    os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    now = datetime.now(UTC)
    with mock_aws():
        client: Any = boto3.client("cloudwatch", region_name="us-east-1")

        def put(*dimensions: dict[str, str], at: datetime) -> None:
            datum = {"MetricName": "m", "Dimensions": dimensions, "Timestamp": at}
            datum |= {"Values": [1.0], "Counts": [10]}
            client.put_metric_data(Namespace="n", MetricData=[datum])

        def values(stat: str, *dimensions: dict[str, str]) -> list[float]:
            metric = {"Namespace": "n", "MetricName": "m", "Dimensions": dimensions}
            query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}
            found = client.get_metric_data(MetricDataQueries=[query], **window)
            return found["MetricDataResults"][0]["Values"]

        def point(**what: Any) -> dict[str, Any]:
            return client.get_metric_statistics(
                Namespace="n", MetricName="m", Dimensions=[BALANCER], Period=60, **window, **what
            )["Datapoints"][0]

        window = {"StartTime": now - timedelta(seconds=30), "EndTime": now + timedelta(seconds=9)}
        put(GROUP, BALANCER, at=now - timedelta(hours=2))
        put(GROUP, BALANCER, at=now)
        put(BALANCER, at=now)
        try:
            percentile = values("p95", GROUP, BALANCER)
        except TypeError:
            percentile = []
        facts = {
            "data of 10 counts two hours old and 20 of now": len(
                cloudwatch_backends["123456789012"]["us-east-1"].metric_data
            ),
            "values of a percentile": percentile,
            "values of dimensions turned round": values("Sum", BALANCER, GROUP),
            "extended statistics": point(ExtendedStatistics=["p95"]).get("ExtendedStatistics"),
            "balancer's count": point(Statistics=["SampleCount"])["SampleCount"],
            "data held for moto's own page": len(vars(MetricDatum)["instances_tracked"]),
        }
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
