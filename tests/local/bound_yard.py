"""A load balancer of the embedded AWS, bound to stub pods of a real control plane."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from stackyard.local import kubernetes
from stackyard.local.aws.connection import Connection
from stackyard.local.balancer_reconciler import BINDINGS
from stackyard.local.kube_client import APPLY_PATCH, STRATEGIC_MERGE_PATCH, KubeClient
from stackyard.local.layout import Layout
from tests.local.bodies import until
from tests.local.targets import Target

CRD = (
    Path(kubernetes.__file__).parent
    / "charts/aws-load-balancer-controller/targetgroupbindings.yaml"
)
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PODS = "/api/v1/namespaces/app/pods"
COLOURS = ("blue", "green")


class Yard:
    """A load balancer with a blue and a green target group, a pod in each."""

    def __init__(self, layout: Layout, kube: KubeClient, aws: Connection) -> None:
        self.layout, self.kube, self.aws = layout, kube, aws
        self.groups: dict[str, str] = {}
        self.rule = self.listener = self.balancer = ""
        self.url = f"http://{layout.load_balancer(1)}:8080"
        places = enumerate(COLOURS, 1)
        self.targets = {name: Target(layout.pod(number), name) for number, name in places}

    async def apply(self, path: str, body: dict[str, Any]) -> None:
        where = f"{path}/{body['metadata']['name']}?fieldManager=test&force=true"
        status, said = await self.kube.request("PATCH", where, body, APPLY_PATCH)
        assert status < 300, said

    async def make_pod(self, name: str) -> None:
        gate = {"conditionType": f"target-health.elbv2.k8s.aws/{name}"}
        spec = {
            "nodeName": "stub",
            "readinessGates": [gate],
            "containers": [{"name": "api", "image": "stub"}],
        }
        metadata = {"name": name, "labels": {"slot": name}}
        await self.apply(
            PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        )
        condition = {"type": "ContainersReady", "status": "True"}
        address = self.targets[name].address
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
        await self.kube.request(
            "PATCH",
            f"{PODS}/{name}/status",
            {"status": {**status, "conditions": [condition]}},
            STRATEGIC_MERGE_PATCH,
        )

    async def delete_pod(self, name: str) -> None:
        await self.kube.request("DELETE", f"{PODS}/{name}", {"gracePeriodSeconds": 0})

    async def gate(self, name: str) -> str:
        _, pod = await self.kube.request("GET", f"{PODS}/{name}")
        conditions = {c["type"]: c["status"] for c in pod["status"].get("conditions", [])}
        return conditions.get(f"target-health.elbv2.k8s.aws/{name}", "")

    def states(self, name: str) -> list[str]:
        """What DescribeTargetHealth says of a group's targets."""
        found = self.aws.call("elbv2", "describe_target_health", TargetGroupArn=self.groups[name])
        return [d["TargetHealth"]["State"] for d in found["TargetHealthDescriptions"]]

    async def state_is(self, name: str, *states: str) -> bool:
        return self.states(name) == list(states)

    def weigh(self, **weights: int) -> None:
        self.aws.call("elbv2", "modify_rule", RuleArn=self.rule, Actions=[self.forward(**weights)])

    def forward(self, **weights: int) -> dict[str, Any]:
        groups = [
            {"TargetGroupArn": self.groups[name], "Weight": weight}
            for name, weight in weights.items()
        ]
        return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}

    @asynccontextmanager
    async def header_rule(
        self, group: str, headers: dict[str, str], *, priority: int
    ) -> AsyncIterator[None]:
        """A rule that sends who brings these headers to one group, in force inside the block."""
        conditions = [
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": name, "Values": [value]},
            }
            for name, value in headers.items()
        ]
        rule = self.aws.call(
            "elbv2",
            "create_rule",
            ListenerArn=self.listener,
            Priority=priority,
            Conditions=conditions,
            Actions=[{"Type": "forward", "TargetGroupArn": self.groups[group]}],
        )["Rules"][0]["RuleArn"]
        await until(lambda: self.answers_only(group, headers), what="the rule")
        yield
        self.aws.call("elbv2", "delete_rule", RuleArn=rule)
        await until(lambda: self.answers_only("blue", headers), what="the rule's end")

    def metric(self, name: str, stat: str, group: str = "") -> float:
        """A statistic of the last minutes, of the balancer or of one group; 0 without data."""
        dimensions = {"LoadBalancer": self.balancer.partition(":loadbalancer/")[2]}
        if group:
            dimensions["TargetGroup"] = self.groups[group].split(":", 5)[5]
        metric = {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        }
        now = datetime.now(UTC)
        found = self.aws.call(
            "cloudwatch",
            "get_metric_data",
            MetricDataQueries=[
                {"Id": "it", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": stat}}
            ],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
        )
        return sum(found["MetricDataResults"][0]["Values"])

    async def answers(self, count: int = 1, headers: dict[str, str] | None = None) -> Counter[str]:
        seen: Counter[str] = Counter()
        async with aiohttp.ClientSession(headers=headers) as client:
            for _ in range(count):
                async with client.get(f"{self.url}/path") as answer:
                    seen[await answer.text() if answer.status == 200 else str(answer.status)] += 1
        return seen

    async def answers_only(self, name: str, headers: dict[str, str] | None = None) -> bool:
        return set(await self.answers(5, headers)) == {name}


async def make_objects(made: Yard) -> None:
    """What the program makes in Kubernetes: a Service, a binding and a pod a colour."""
    await made.apply(CRDS, yaml.safe_load(CRD.read_text()))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "app"}}
    await made.apply("/api/v1/namespaces", space)

    async def bindings_are_served() -> bool:
        return (await made.kube.request("GET", BINDINGS))[0] == 200

    await until(bindings_are_served, what="the binding's resource")
    for name in COLOURS:
        service = {"selector": {"slot": name}, "ports": [{"port": 80, "targetPort": 5000}]}
        await made.apply(
            "/api/v1/namespaces/app/services",
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": service},
        )
        binding = {
            "targetGroupARN": made.groups[name],
            "targetType": "ip",
            "serviceRef": {"name": name, "port": 80},
        }
        await made.apply(
            BINDINGS.replace("v1beta1/", "v1beta1/namespaces/app/"),
            {
                "apiVersion": "elbv2.k8s.aws/v1beta1",
                "kind": "TargetGroupBinding",
                "metadata": {"name": name},
                "spec": binding,
            },
        )
        await made.make_pod(name)


def make_balancer(made: Yard) -> None:
    """What the program makes in AWS: load balancer, target groups, listener and rule."""
    aws = made.aws
    subnets = aws.call("ec2", "describe_subnets")["Subnets"]
    for name in COLOURS:
        group = aws.call(
            "elbv2",
            "create_target_group",
            Name=name,
            Protocol="HTTP",
            Port=5000,
            VpcId=subnets[0]["VpcId"],
            TargetType="ip",
            HealthCheckPath="/health",
            HealthCheckIntervalSeconds=5,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
            Matcher={"HttpCode": "200"},
        )["TargetGroups"][0]
        made.groups[name] = group["TargetGroupArn"]
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "1"}
        aws.call(
            "elbv2",
            "modify_target_group_attributes",
            TargetGroupArn=group["TargetGroupArn"],
            Attributes=[delay],
        )
    made.balancer = aws.call(
        "elbv2",
        "create_load_balancer",
        Name="main",
        Subnets=[subnet["SubnetId"] for subnet in subnets[:2]],
        Scheme="internal",
    )["LoadBalancers"][0]["LoadBalancerArn"]
    nothing = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "nothing"}
    made.listener = aws.call(
        "elbv2",
        "create_listener",
        LoadBalancerArn=made.balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": nothing}],
    )["Listeners"][0]["ListenerArn"]
    made.rule = aws.call(
        "elbv2",
        "create_rule",
        ListenerArn=made.listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
        Actions=[made.forward(blue=100, green=0)],
    )["Rules"][0]["RuleArn"]
