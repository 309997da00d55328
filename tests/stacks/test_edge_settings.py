"""Settings of the edge: what is taken, what is refused, and what they can't be together."""

from typing import Any

import pytest

from stacks.load import SettingsError, load
from stacks.waf import WAF_RULES, label_of
from tests.stacks.examples import prod_with

FILE = "Pulumi.prod.yaml"
XSS, BODY = "CrossSiteScripting_BODY", "SizeRestrictions_BODY"
KEY = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\nKoZI==\n-----END PUBLIC KEY-----\n"


def problems_of(sections: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(FILE, sections)
    return [line.removeprefix(f"{FILE}: ") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    "keys",
    [
        {"originLock": "header", "failoverRegion": "us-west-2"},
        {"idleTimeoutSeconds": 35, "fallback": "none"},
        {"idleTimeoutSeconds": 55, "fallback": "ssg"},
        {"wafCountRules": list(WAF_RULES), "accessLogs": False},
        {"wafExceptions": {XSS: [f"/{number}" for number in range(10)]}},
        {"wafExceptions": {rule: ["/a"] for rule in list(WAF_RULES)[:10]}, "wafCountRules": []},
        {"signedPaths": {"/members/*": [KEY], "/a?b.png": [KEY.strip()]}},
    ],
)
def test_what_is_in_bounds_is_taken(keys: dict[str, Any]) -> None:
    assert load(FILE, prod_with("edge", **keys))


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"originLock": "none"}, "originLock: 'none' is not one of 'vpcOrigin' or 'header'"),
        ({"fallback": "php"}, "fallback: 'php' is not one of 'none', 'spa' or 'ssg'"),
        ({"failoverRegion": "west"}, "failoverRegion: 'west' does not have the form"),
        ({"wafCountRules": ["Bots"]}, "wafCountRules: 'Bots' is no rule of AWSManagedRulesCommon"),
        ({"wafCountRules": [XSS, XSS]}, f"wafCountRules: {XSS}: given more than once; keep one"),
        ({"wafExceptions": {"SQLi": ["/a"]}}, "wafExceptions: 'SQLi' is no rule of AWSManaged"),
        ({"wafExceptions": {XSS: []}}, f"wafExceptions: {XSS} has 0 paths; give 1 to 10, or name"),
        (
            {"wafExceptions": {XSS: [f"/{number}" for number in range(11)]}},
            f"wafExceptions: {XSS} has 11 paths; give 1 to 10, or name it in wafCountRules",
        ),
        ({"wafExceptions": {XSS: ["/a", "/a"]}}, "wafExceptions: /a: given more than once"),
        ({"wafExceptions": {XSS: ["api"]}}, f"wafExceptions.{XSS}.0: 'api' does not have the fo"),
        (
            {"wafExceptions": {rule: ["/a"] for rule in list(WAF_RULES)[:11]}, "wafCountRules": []},
            "wafExceptions: 11 rules given; at most 10, or let waf count",
        ),
        ({"wafExceptions": {BODY: ["/a"]}}, f"wafExceptions: {BODY} only counts everywhere; take"),
        ({"signedPaths": {"members": [KEY]}}, "signedPaths: 'members' is no path pattern of Cloud"),
        ({"signedPaths": {"/api/x": [KEY]}}, "signedPaths: /api/x: the API checks its own users"),
        ({"signedPaths": {"/x": []}}, "signedPaths: /x has 0 keys; give 1 to 5"),
        ({"signedPaths": {"/x": [KEY, KEY.strip()]}}, "END PUBLIC KEY-----: given more than once"),
        (
            {"signedPaths": {"/x": ["-----BEGIN PRIVATE KEY-----"]}},
            "signedPaths./x.0: '-----BEGIN PRIVATE KEY-----' is no public key in PEM; write all",
        ),
        (
            {"signedPaths": {f"/{number}": [KEY] for number in range(6)}},
            "signedPaths: 6 paths given; at most 5, or widen one by *",
        ),
        (
            {"failoverRegion": "us-east-1"},
            "failoverRegion: us-east-1 is the stack's own region; the spare bucket stands in anoth",
        ),
    ],
)
def test_what_is_not_is_named_with_the_way_out(keys: dict[str, Any], says: str) -> None:
    (problem,) = " ".join(problems_of(prod_with("edge", **keys))).split("edge.")[1:]

    assert says in problem


@pytest.mark.row("E7", "edge.idleTimeoutSeconds")
@pytest.mark.ask(26)
@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (56, "56 is not 5 s below the 60 s that the API keeps a connection, and would answer 502"),
        (34, "34 is not 5 s above the 30 s that CloudFront keeps a connection, and would answer"),
    ],
)
def test_e7_an_idle_timeout_that_would_answer_502_is_refused(seconds: int, says: str) -> None:
    (problem,) = problems_of(prod_with("edge", idleTimeoutSeconds=seconds))

    assert problem.startswith(f"edge.idleTimeoutSeconds: {says}")


def test_a_secret_header_goes_over_tls_alone() -> None:
    given = prod_with("env", domain=None, zoneId=None, protect=False)

    (problem,) = problems_of({**given, "edge": {"originLock": "header"}})
    assert problem.startswith("edge.originLock: header sends its secret over the internet, which")


def test_every_rule_has_a_label_of_its_own() -> None:
    labels = [label_of(rule) for rule in WAF_RULES]

    assert len({*labels}) == len(labels) == 34
    assert label_of(BODY) == "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
    # All but case, and a word that one of them drops, is the rule's own name.
    assert [
        rule
        for rule in WAF_RULES
        if label_of(rule).split(":")[-1].lower() != rule.lower().removeprefix("useragent_")
    ] == []
