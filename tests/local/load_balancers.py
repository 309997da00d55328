"""Load balancers as ELB describes them, for tests of the balancer."""

from typing import Any

from stackyard.local.balancer import Balancing, Descriptions, HealthCheck, balancing
from stackyard.local.balancer_targets import Slot

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
CHECK = HealthCheck(
    path="/health",
    interval_seconds=5,
    timeout_seconds=2,
    healthy_threshold=2,
    unhealthy_threshold=3,
    statuses="200",
    port=None,
)


def slot(number: int = 1, address: str = "127.10.16.1", **fields: Any) -> Slot:
    return Slot(**{"number": number, "address": address, "port": 5000, "since": 0.0, **fields})


def target_group(name: str) -> dict[str, Any]:
    return {
        "TargetGroupArn": f"{ARN}:targetgroup/{name}/1",
        "TargetGroupName": name,
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 5,
        "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
        "Matcher": {"HttpCode": "200"},
    }


def forward(**weights: int) -> dict[str, Any]:
    groups = [
        {"TargetGroupArn": f"{ARN}:targetgroup/{name}/1", "Weight": weight}
        for name, weight in weights.items()
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def rule(priority: str, action: dict[str, Any], *paths: str) -> dict[str, Any]:
    conditions = [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(paths)}}]
    return {
        "RuleArn": f"{ARN}:listener-rule/app/main/1/2/{priority}",
        "Priority": priority,
        "IsDefault": priority == "default",
        "Conditions": conditions if paths else [],
        "Actions": [action],
    }


def described(*rules: dict[str, Any], dns_name: str = "127.10.1.1:8080") -> Balancing:
    balancer = f"{ARN}:loadbalancer/app/main/1"
    listener = f"{ARN}:listener/app/main/1/2"
    blue = f"{ARN}:targetgroup/blue/1"
    return balancing(
        Descriptions(
            load_balancers=[
                {"LoadBalancerArn": balancer, "LoadBalancerName": "main", "DNSName": dns_name}
            ],
            listeners=[
                {
                    "ListenerArn": listener,
                    "LoadBalancerArn": balancer,
                    "Port": 80,
                    "Protocol": "HTTP",
                }
            ],
            rules={listener: rules},
            target_groups=[target_group("blue"), target_group("green")],
            attributes={blue: {"deregistration_delay.timeout_seconds": "7"}},
        )
    )
