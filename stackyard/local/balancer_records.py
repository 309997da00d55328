"""ELB in the embedded AWS: its load balancers are described, target health is written back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import aiohttp

from stackyard.local.aws.connection import Connection
from stackyard.local.balancer import Backend, Descriptions
from stackyard.local.balancer_metrics import NAMESPACE
from stackyard.local.balancer_targets import REASONS, Slot
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject

HEALTH_METRICS_SECONDS = 60.0
"""How often an ALB reports, and so the longest gap between two reports of the same health."""
_METRICS_A_CALL = 500  # CloudWatch takes up to 1000


class BalancerRecords:
    """What ELB and CloudWatch are asked and told. The calls block, so they run in threads."""

    def __init__(self, layout: Layout, secrets: Secrets) -> None:
        self._layout = layout
        self._secrets = secrets
        self._registered: dict[str, set[str]] = {}
        self._told: JsonObject | None = None
        self._told_metrics: Sequence[JsonObject] = ()
        self._health_metrics_due = 0.0

    def forget(self) -> None:
        """The embedded AWS was away: what it was told must be told again."""
        self._registered = {}
        self._told = None
        self._told_metrics = ()

    async def describe(self) -> Descriptions:
        """ELB's descriptions as they are now."""
        return await asyncio.to_thread(describe, embedded_aws(self._layout, self._secrets))

    async def tell_targets(
        self,
        backends: Sequence[Backend],
        slots: Mapping[str, Mapping[str, Slot]],
        session: aiohttp.ClientSession,
    ) -> None:
        """Register and deregister targets, and say how healthy they are, where it changed."""
        for backend in backends:
            held = slots.get(backend.name, {})
            if self._registered.get(backend.arn) != set(held):
                await asyncio.to_thread(self._register, backend, held)
        health = {
            backend.arn: {
                address: [slot.state, REASONS[slot.state]]
                for address, slot in slots.get(backend.name, {}).items()
            }
            for backend in backends
        }
        if health != self._told:
            url = f"{self._layout.aws_endpoint}/_stackyard/target-health"
            headers = {"X-Stackyard-Token": self._secrets.internal_token}
            async with session.put(url, json=health, headers=headers) as answer:
                answer.raise_for_status()
            self._told = health

    async def tell_metrics(
        self, traffic: Sequence[JsonObject], health: Sequence[JsonObject], *, now: float
    ) -> None:
        """Put what was counted, and health where it changed or is a minute old.

        Nothing to tell is no call. Real AWS keeps the namespace to itself, the embedded one
        takes it.
        """
        if health == self._told_metrics and now < self._health_metrics_due:
            await self._put(traffic)
            return
        await self._put([*traffic, *health])
        self._told_metrics, self._health_metrics_due = health, now + HEALTH_METRICS_SECONDS

    async def _put(self, data: Sequence[JsonObject]) -> None:
        aws = embedded_aws(self._layout, self._secrets)
        for start in range(0, len(data), _METRICS_A_CALL):
            await asyncio.to_thread(
                aws.call,
                "cloudwatch",
                "put_metric_data",
                Namespace=NAMESPACE,
                MetricData=data[start : start + _METRICS_A_CALL],
            )

    def _register(self, backend: Backend, held: Mapping[str, Slot]) -> None:
        aws = embedded_aws(self._layout, self._secrets)
        have = self._registered.get(backend.arn)
        if have is None:
            have = set(
                aws.every(
                    "elbv2",
                    "describe_target_health",
                    "TargetHealthDescriptions[].Target.Id",
                    TargetGroupArn=backend.arn,
                )
            )
        new = [{"Id": a, "Port": slot.port} for a, slot in held.items() if a not in have]
        gone = [{"Id": address} for address in have if address not in held]
        if new:
            aws.call("elbv2", "register_targets", TargetGroupArn=backend.arn, Targets=new)
        if gone:
            aws.call("elbv2", "deregister_targets", TargetGroupArn=backend.arn, Targets=gone)
        self._registered[backend.arn] = set(held)


def describe(aws: Connection) -> Descriptions:
    """All that ELB says of application load balancers; a single call where there is none."""
    balancers = aws.every("elbv2", "describe_load_balancers", "LoadBalancers[?Type=='application']")
    if not balancers:
        return Descriptions()
    groups = aws.every("elbv2", "describe_target_groups", "TargetGroups[]")
    arns = [str(balancer["LoadBalancerArn"]) for balancer in balancers]
    listeners = [
        listener
        for arn in arns
        for listener in aws.every("elbv2", "describe_listeners", "Listeners[]", LoadBalancerArn=arn)
    ]
    attributes = {arn: _attributes(aws, "load_balancer", LoadBalancerArn=arn) for arn in arns}
    for group in groups:
        arn = str(group["TargetGroupArn"])
        attributes[arn] = _attributes(aws, "target_group", TargetGroupArn=arn)
    return Descriptions(
        load_balancers=balancers,
        listeners=listeners,
        rules={
            str(listener["ListenerArn"]): aws.every(
                "elbv2", "describe_rules", "Rules[]", ListenerArn=listener["ListenerArn"]
            )
            for listener in listeners
        },
        target_groups=groups,
        attributes=attributes,
    )


def _attributes(aws: Connection, kind: str, **which: str) -> dict[str, str]:
    answer = aws.call("elbv2", f"describe_{kind}_attributes", **which)
    listed: list[JsonObject] = answer["Attributes"]
    return {str(a["Key"]): str(a.get("Value", "")) for a in listed}
