"""The web ACL: what counts, what blocks, what is excepted where, and what its log leaves out."""

from typing import Any

import pytest

from stacks.edge_settings import EdgeSettings
from tests.graph.examples import site

XSS, BAD_HOST = "CrossSiteScripting_BODY", "Host_localhost_HEADER"


def rules(**settings: Any) -> dict[str, dict[str, Any]]:
    """The web ACL's rules by name."""
    acl = site(settings=EdgeSettings(**settings)).one("WebAcl").inputs
    return {rule["name"]: rule for rule in acl["rules"]}


def counted(**settings: Any) -> dict[str, list[str]]:
    """Rules that only count, by their group."""
    groups = {
        name: rule["statement"]["managedRuleGroupStatement"]
        for name, rule in rules(**settings).items()
        if "managedRuleGroupStatement" in rule["statement"]
    }
    for group in groups.values():
        assert all(o["actionToUse"] == {"count": {}} for o in group["ruleActionOverrides"])
    return {name: [o["name"] for o in g["ruleActionOverrides"]] for name, g in groups.items()}


@pytest.mark.row("E2", "")
@pytest.mark.parametrize(("waf", "action"), [("count", {"count": {}}), ("block", {"none": {}})])
def test_e2_the_managed_rules_count_or_block_as_set(waf: str, action: dict[str, Any]) -> None:
    managed = {
        rule["statement"]["managedRuleGroupStatement"]["name"]: rule["overrideAction"]
        for rule in rules(waf=waf).values()
        if "managedRuleGroupStatement" in rule["statement"]
    }

    assert managed == {
        "AWSManagedRulesCommonRuleSet": action,
        "AWSManagedRulesKnownBadInputsRuleSet": action,
    }


@pytest.mark.row("E2", "")
def test_e2_an_address_is_blocked_above_its_rate() -> None:
    rate = rules(rate_limit_per_ip=100)["rate"]

    assert rate["action"] == {"block": {}}
    assert rate["statement"]["rateBasedStatement"]["limit"] == 100


@pytest.mark.row("E3", "edge.wafCountRules")
@pytest.mark.ask(27)
def test_e3_large_bodies_are_counted_even_where_the_rest_blocks() -> None:
    assert counted(waf="block") == {"common": ["SizeRestrictions_BODY"], "bad-inputs": []}


@pytest.mark.row("E3", "edge.wafCountRules")
def test_e3_any_rule_can_be_counted_alone() -> None:
    found = counted(waf="block", waf_count_rules=(XSS, BAD_HOST))

    assert found == {"common": [XSS], "bad-inputs": [BAD_HOST]}


@pytest.mark.row("E3", "edge.wafExceptions")
def test_e3_a_rule_blocks_on_all_paths_but_those_it_is_excepted_from() -> None:
    given: dict[str, Any] = {
        "waf": "block",
        "waf_exceptions": {XSS: ("/api/posts", "/api/drafts")},
    }

    but = rules(**given)[f"but-{XSS}"]
    label, *elsewhere = but["statement"]["andStatement"]["statements"]
    paths = [s["notStatement"]["statement"]["byteMatchStatement"] for s in elsewhere]
    assert counted(**given)["common"] == ["SizeRestrictions_BODY", XSS]
    assert but["action"] == {"block": {}}
    assert label["labelMatchStatement"] == {
        "scope": "LABEL",
        "key": "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
    }
    assert [(p["positionalConstraint"], p["searchString"]) for p in paths] == [
        ("STARTS_WITH", "/api/posts"),
        ("STARTS_WITH", "/api/drafts"),
    ]
    assert {tuple(p["fieldToMatch"]) for p in paths} == {("uriPath",)}


@pytest.mark.row("E3", "edge.waf")
def test_e3_where_the_rules_count_an_excepted_one_counts_too() -> None:
    given: dict[str, Any] = {"waf": "count", "waf_exceptions": {XSS: ("/api/posts",)}}

    assert rules(**given)[f"but-{XSS}"]["action"] == {"count": {}}


def test_a_label_is_looked_for_after_the_rule_that_gives_it() -> None:
    given = rules(waf_exceptions={XSS: ("/a",), BAD_HOST: ("/b",)})

    assert {name: rule["priority"] for name, rule in given.items()} == {
        "common": 1,
        "bad-inputs": 2,
        "rate": 3,
        f"but-{XSS}": 4,
        f"but-{BAD_HOST}": 5,
    }


@pytest.mark.ask(27)
def test_what_is_counted_or_blocked_is_logged_without_credentials() -> None:
    graph = site()
    logging = graph.one("WebAclLoggingConfiguration").inputs

    assert "loggingFilter" not in logging
    assert logging["resourceArn"] == graph.one("WebAcl").outputs["arn"]
    assert [f["singleHeader"]["name"] for f in logging["redactedFields"]] == [
        "authorization",
        "cookie",
    ]
    assert graph.one("LogGroup").inputs["namePrefix"].startswith("aws-waf-logs-")
