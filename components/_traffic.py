"""Which requests go to which slot: the production rule with its weights, and a test rule each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from stacks.slots import ORIGIN_HEADER, SLOTS, TEST_HEADER

PRODUCTION_PATHS = ["/api/*", "/health"]
RELEASE_TAG = "stackyard:release"
PRODUCTION_PRIORITY = 10


@dataclass(frozen=True, kw_only=True)
class TrafficArgs:
    """What the production rule says, and what it waits for."""

    weights: Mapping[str, int]
    """Share of requests by slot; both groups stay in the rule at weight 0."""
    number: int
    """Of the release whose pods get the requests."""
    ledger_name: str
    """Name of the parameter that keeps the releases' ledger."""
    hooks: pulumi.ResourceHookBinding
    """What moves the weights before the rule is made or changed."""
    after: Sequence[pulumi.Resource]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What every rule is made of."""

    listener: aws.lb.Listener
    groups: Mapping[str, aws.lb.TargetGroup]
    """By slot."""
    origin_key: pulumi.Output[str] | None
    """What `ORIGIN_HEADER` must say, where anybody can reach the load balancer."""

    @property
    def from_cloudfront(self) -> list[aws.lb.ListenerRuleConditionArgsDict]:
        """What a rule asks for beside what it is for."""
        if self.origin_key is None:
            return []
        return [{"http_header": {"http_header_name": ORIGIN_HEADER, "values": [self.origin_key]}}]


def production_rule(
    name: str, args: TrafficArgs, rules: Rules, inside: pulumi.ResourceOptions
) -> aws.lb.ListenerRule:
    """The rule for users, and the ledger of what it was changed for."""
    ledger = aws.ssm.Parameter(
        f"{name}-ledger",
        # The next update asks for it before it has made anything.
        name=args.ledger_name,
        type="String",
        value="{}",
        # Releases write it. With any other change of this resource the provider would write the
        # value of the state over theirs: it has none that changes.
        opts=pulumi.ResourceOptions(parent=inside.parent, ignore_changes=["value"]),
    )
    return aws.lb.ListenerRule(
        f"{name}-production",
        listener_arn=rules.listener.arn,
        priority=PRODUCTION_PRIORITY,
        conditions=[
            {"path_pattern": {"values": PRODUCTION_PATHS}},
            *rules.from_cloudfront,
        ],
        # Both groups always: one that no rule names is never health-checked, so its pods would
        # never pass their readiness gate (ELBv2 API, TargetHealth: Target.NotInUse).
        actions=[
            {
                "type": "forward",
                "forward": {
                    "target_groups": [
                        {"arn": rules.groups[slot].arn, "weight": args.weights[slot]}
                        for slot in SLOTS
                    ],
                    "stickiness": {"enabled": False, "duration": 1},
                },
            }
        ],
        # A killed release has moved weights that the state may know, by a refresh, or may not: by
        # them alone the next update could see no change, and nobody would finish what it began.
        tags={RELEASE_TAG: str(args.number)},
        opts=pulumi.ResourceOptions(
            parent=inside.parent, depends_on=[ledger, *args.after], hooks=args.hooks
        ),
    )


def test_rules(
    name: str, rules: Rules, inside: pulumi.ResourceOptions
) -> pulumi.Output[Mapping[str, str]]:
    """A rule a slot for whoever knows its header's secret value; the values by slot.

    Before the first release they are what lets a slot's pods be checked at all.
    """
    secret = random.RandomPassword(f"{name}-test", length=32, special=False, opts=inside)
    values = {slot: pulumi.Output.concat(slot, "-", secret.result) for slot in SLOTS}
    for priority, slot in enumerate(SLOTS, start=1):
        aws.lb.ListenerRule(
            f"{name}-test-{slot}",
            listener_arn=rules.listener.arn,
            priority=priority,
            conditions=[
                {"http_header": {"http_header_name": TEST_HEADER, "values": [values[slot]]}},
                *rules.from_cloudfront,
            ],
            actions=[{"type": "forward", "target_group_arn": rules.groups[slot].arn}],
            opts=inside,
        )
    return pulumi.Output.all(**values)
