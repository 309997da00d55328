"""CloudFront's web ACL: AWS's common rules, known bad inputs, and a limit per address."""

import pulumi
import pulumi_aws as aws

from stacks.settings import EdgeSettings

GLOBAL_REGION = "us-east-1"
"""Where what CloudFront uses lives, whatever the stack's region."""
RATE_WINDOW_SECONDS = 300
BODY_SIZE_RULE = "SizeRestrictions_BODY"
"""Blocks bodies above 8 KB and says nothing to the app; the app has its own limit."""
MANAGED: dict[str, tuple[str, list[str]]] = {
    "common": ("AWSManagedRulesCommonRuleSet", [BODY_SIZE_RULE]),
    "bad-inputs": ("AWSManagedRulesKnownBadInputsRuleSet", []),
}
"""Rule groups by our name: AWS's name, and the rules in them that are only ever counted."""


def web_acl(
    name: str, settings: EdgeSettings, *, log_days: int, parent: pulumi.Resource
) -> aws.wafv2.WebAcl:
    """`settings.waf` counts or blocks what the managed rules match; the rate limit blocks."""
    inside = pulumi.ResourceOptions(parent=parent)
    managed = [
        _managed(rule, blocks=settings.waf == "block", priority=index)
        for index, rule in enumerate(MANAGED, start=1)
    ]
    acl = aws.wafv2.WebAcl(
        name,
        region=GLOBAL_REGION,
        scope="CLOUDFRONT",
        default_action={"allow": {}},
        rules=[*managed, _rate_limit(settings.rate_limit_per_ip)],
        visibility_config=_metrics(name),
        opts=inside,
    )
    # The prefix is AWS's condition for a web ACL's log group.
    logs = aws.cloudwatch.LogGroup(
        f"{name}-waf",
        name_prefix=f"aws-waf-logs-{name}-",
        region=GLOBAL_REGION,
        retention_in_days=log_days,
        opts=inside,
    )
    aws.wafv2.WebAclLoggingConfiguration(
        f"{name}-waf",
        region=GLOBAL_REGION,
        resource_arn=acl.arn,
        log_destination_configs=[logs.arn],
        redacted_fields=[
            {"single_header": {"name": "authorization"}},
            {"single_header": {"name": "cookie"}},
        ],
        opts=inside,
    )
    return acl


def _managed(rule: str, *, blocks: bool, priority: int) -> aws.wafv2.WebAclRuleArgsDict:
    group, counted = MANAGED[rule]
    return {
        "name": rule,
        "priority": priority,
        "override_action": {"none": {}} if blocks else {"count": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group,
                "rule_action_overrides": [
                    {"name": inner, "action_to_use": {"count": {}}} for inner in counted
                ],
            }
        },
        "visibility_config": _metrics(rule),
    }


def _rate_limit(requests: int) -> aws.wafv2.WebAclRuleArgsDict:
    return {
        "name": "rate",
        "priority": len(MANAGED) + 1,
        "action": {"block": {}},
        "statement": {
            "rate_based_statement": {
                "limit": requests,
                "evaluation_window_sec": RATE_WINDOW_SECONDS,
                "aggregate_key_type": "IP",
            }
        },
        "visibility_config": _metrics("rate"),
    }


def _metrics(name: str) -> aws.wafv2.WebAclVisibilityConfigArgsDict:
    return {
        "metric_name": name,
        "cloudwatch_metrics_enabled": True,
        "sampled_requests_enabled": True,
    }
