"""The rule that a release moves: its weights as the load balancer has them now, and its targets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from stackyard.local.aws.connection import Connection
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.secrets import read_secrets
from tests.end_to_end.running_stack import RunningStack

Weights = dict[str, int]
"""Percent of the requests by slot."""


@dataclass(frozen=True, kw_only=True)
class ProductionRule:
    """Asked of the load balancer itself: between two steps the stack's state does not know."""

    aws: Connection
    arn: str
    groups: Mapping[str, str]
    """Target group ARNs by slot."""

    @property
    def weights(self) -> Weights:
        rules = self.aws.call("elbv2", "describe_rules", RuleArns=[self.arn])["Rules"]
        (action,) = rules[0]["Actions"]
        live = {g["TargetGroupArn"]: g["Weight"] for g in action["ForwardConfig"]["TargetGroups"]}
        return {slot: int(live[arn]) for slot, arn in self.groups.items()}

    @property
    def live_slot(self) -> str:
        """The slot that all requests go to. Raises `LookupError` when they are shared."""
        weights = self.weights
        serving = [slot for slot, weight in weights.items() if weight]
        if len(serving) != 1:
            raise LookupError(f"no slot has all requests: {weights}")
        return serving[0]

    def move(self, weights: Weights) -> None:
        """Set them at once, as nobody should in production."""
        forward = {
            "TargetGroups": [
                {"TargetGroupArn": self.groups[slot], "Weight": weight}
                for slot, weight in weights.items()
            ],
            "TargetGroupStickinessConfig": {"Enabled": False, "DurationSeconds": 1},
        }
        action = {"Type": "forward", "ForwardConfig": forward}
        self.aws.call("elbv2", "modify_rule", RuleArn=self.arn, Actions=[action])

    def targets(self, slot: str) -> Counter[str]:
        """How many targets of a slot are in each state: healthy, unhealthy, draining."""
        asked = {"TargetGroupArn": self.groups[slot]}
        told = self.aws.call("elbv2", "describe_target_health", **asked)
        states = (t["TargetHealth"]["State"] for t in told["TargetHealthDescriptions"])
        return Counter(states)


def production_rule(stack: RunningStack) -> ProductionRule:
    """The rule of a running stack."""
    return ProductionRule(
        aws=embedded_aws(stack.layout, read_secrets(stack.layout)),
        arn=str(stack.outputs["edge"]["productionRuleArn"]),
        groups=dict(sorted(stack.outputs["edge"]["targetGroups"].items())),
    )


def other(slot: str) -> str:
    """The slot that is not this one."""
    return {"blue": "green", "green": "blue"}[slot]
