"""CloudFront's web ACL: AWS's common rules, known bad inputs, and a limit per address."""

import pulumi
import pulumi_aws as aws

from stacks.edge_settings import EdgeSettings
from stacks.waf import RULE_GROUPS, WAF_RULES, label_of

GLOBAL_REGION = "us-east-1"
"""Where what CloudFront uses lives, whatever the stack's region."""
RATE_WINDOW_SECONDS = 300
RATE_PRIORITY = len(RULE_GROUPS) + 1

Statement = aws.wafv2.WebAclRuleStatementArgsDict


def web_acl(
    name: str, settings: EdgeSettings, *, log_days: int, parent: pulumi.Resource
) -> aws.wafv2.WebAcl:
    """`settings.waf` counts or blocks what the managed rules match; the rate limit blocks."""
    inside = pulumi.ResourceOptions(parent=parent)
    managed = [
        _managed(group, settings, priority=place) for place, group in enumerate(RULE_GROUPS, 1)
    ]
    rate = _rate_limit(settings.rate_limit_per_ip)
    exceptions = [
        _exception(rule, settings, priority=place)
        for place, rule in enumerate(settings.waf_exceptions, RATE_PRIORITY + 1)
    ]
    acl = aws.wafv2.WebAcl(
        name,
        region=GLOBAL_REGION,
        scope="CLOUDFRONT",
        default_action={"allow": {}},
        rules=[*managed, rate, *exceptions],
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


def _managed(group: str, settings: EdgeSettings, *, priority: int) -> aws.wafv2.WebAclRuleArgsDict:
    counted = [
        rule
        for rule in (*settings.waf_count_rules, *settings.waf_exceptions)
        if WAF_RULES[rule][0] == group
    ]
    return {
        "name": group,
        "priority": priority,
        "override_action": {"none": {}} if settings.waf == "block" else {"count": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": RULE_GROUPS[group].name,
                "rule_action_overrides": [
                    {"name": rule, "action_to_use": {"count": {}}} for rule in counted
                ],
            }
        },
        "visibility_config": _metrics(group),
    }


def _exception(rule: str, settings: EdgeSettings, *, priority: int) -> aws.wafv2.WebAclRuleArgsDict:
    """What a rule that only counts has labelled is blocked here, but on the excepted paths."""
    labelled: Statement = {"label_match_statement": {"scope": "LABEL", "key": label_of(rule)}}
    elsewhere: list[Statement] = [
        {"not_statement": {"statement": _begins_with(path)}}
        for path in settings.waf_exceptions[rule]
    ]
    return {
        "name": f"but-{rule}",
        "priority": priority,
        "action": {"block": {}} if settings.waf == "block" else {"count": {}},
        "statement": {"and_statement": {"statements": [labelled, *elsewhere]}},
        "visibility_config": _metrics(f"but-{rule}"),
    }


def _begins_with(path: str) -> Statement:
    return {
        "byte_match_statement": {
            "field_to_match": {"uri_path": {}},
            "positional_constraint": "STARTS_WITH",
            "search_string": path,
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def _rate_limit(requests: int) -> aws.wafv2.WebAclRuleArgsDict:
    return {
        "name": "rate",
        "priority": RATE_PRIORITY,
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
