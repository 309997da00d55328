"""Protection that a change takes off: of data, of encryption, of what keeps others out."""

from typing import Any

import pytest

from stackyard.report.danger import Level
from stackyard.report.protections import RANKS
from tests.report.examples import DATABASE
from tests.report.test_rules import CLUSTER, UNKNOWN, kinds, update, worst

CDN = "aws:cloudfront/distribution:Distribution"
FIREWALL = "aws:wafv2/webAcl:WebAcl"
IMAGES = "aws:ecr/repository:Repository"
NAMESPACE = "kubernetes:core/v1:Namespace"
PROXY = "aws:rds/proxy:Proxy"
ROLE = "aws:iam/role:Role"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


def rules(**actions: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{"name": name, **action} for name, action in actions.items()]}


def enforced(level: str | None) -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    return {"metadata": {"labels": labels}}


BLOCKS, COUNTS = {"action": {"block": {}}}, {"action": {"count": {}}}
GROUP_BLOCKS, GROUP_COUNTS = {"overrideAction": {"none": {}}}, {"overrideAction": {"count": {}}}


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ({"deletionProtection": True}, {"deletionProtection": False}, "true → false"),
        ({"deletionProtection": True}, {}, "deletionProtection: true → none"),
        ({"skipFinalSnapshot": False}, {"skipFinalSnapshot": True}, "false → true"),
        ({"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 1}, "7 → 1"),
        ({"retentionInDays": 0}, {"retentionInDays": 30}, "0 → 30"),
        ({"backtrackWindow": 86400}, {"backtrackWindow": 3600}, "86400 → 3600"),
        ({"iamDatabaseAuthenticationEnabled": True}, {}, "true → none"),
    ],
)
def test_protection_that_is_taken_off_is_told(
    old: dict[str, Any], new: dict[str, Any], fact: str
) -> None:
    danger = worst(update(DATABASE, old, new))

    assert danger.kind == "protection-off"
    assert fact in danger.because[0]


def test_protection_that_is_put_on_is_no_danger() -> None:
    assert (
        kinds(update(DATABASE, {"deletionProtection": False}, {"deletionProtection": True})) == []
    )


@pytest.mark.parametrize(
    ("type_", "old", "new", "fact"),
    [
        (PROXY, {"requireTls": True}, {"requireTls": False}, "requireTls: true → false"),
        (IMAGES, {"imageTagMutability": "IMMUTABLE"}, {"imageTagMutability": "MUTABLE"},
         "imageTagMutability: IMMUTABLE → MUTABLE"),
        (IMAGES, {"imageScanningConfiguration": {"scanOnPush": True}}, {},
         "imageScanningConfiguration.scanOnPush: true → none"),
        (IMAGES, {"forceDelete": False}, {"forceDelete": True}, "forceDelete: false → true"),
        (TEMPLATE, {"metadataOptions": {"httpTokens": "required"}},
         {"metadataOptions": {"httpTokens": "optional"}},
         "metadataOptions.httpTokens: required → optional"),
        (CLUSTER, {"accessConfig": {"authenticationMode": "API"}},
         {"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}},
         "accessConfig.authenticationMode: API → API_AND_CONFIG_MAP"),
        (CLUSTER, {"enabledClusterLogTypes": ["api", "audit"]}, {"enabledClusterLogTypes": ["api"]},
         "enabledClusterLogTypes: no more audit"),
        (CLUSTER, {"encryptionConfig": {"resources": ["secrets"]}}, {},
         "encryptionConfig: the one that was there → none"),
        (NAMESPACE, enforced("restricted"), enforced("baseline"),
         "metadata.labels.pod-security.kubernetes.io/enforce: restricted → baseline"),
        (NAMESPACE, enforced("baseline"), enforced(None),
         "metadata.labels.pod-security.kubernetes.io/enforce: baseline → none"),
        (CDN, {"webAclId": "arn:acl"}, {}, "webAclId: arn:acl → none"),
        (CDN, {"defaultCacheBehavior": {"viewerProtocolPolicy": "redirect-to-https"}},
         {"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}},
         "defaultCacheBehavior.viewerProtocolPolicy: redirect-to-https → allow-all"),
        (ROLE, {"permissionsBoundary": "arn:b"}, {}, "permissionsBoundary: arn:b → none"),
        (FIREWALL, rules(common=GROUP_BLOCKS), rules(common=GROUP_COUNTS),
         "no longer blocks: common"),
        (FIREWALL, rules(rate=BLOCKS), rules(rate=COUNTS), "no longer blocks: rate"),
        (FIREWALL, rules(rate=BLOCKS), rules(), "no longer blocks: rate"),
    ],
)  # fmt: skip
def test_what_keeps_others_out_and_does_no_longer_is_told(
    type_: str, old: dict[str, Any], new: dict[str, Any], fact: str
) -> None:
    danger = worst(update(type_, old, new))

    assert (danger.kind, danger.level) == ("protection-off", Level.HIGH)
    assert danger.because == (fact,)


@pytest.mark.parametrize(
    ("type_", "old", "new"),
    [
        (NAMESPACE, enforced("baseline"), enforced("restricted")),
        (NAMESPACE, enforced("restricted"), enforced(UNKNOWN)),
        (FIREWALL, rules(rate=COUNTS), rules(rate=BLOCKS)),
        (FIREWALL, rules(rate=BLOCKS), {"rules": UNKNOWN}),
        (
            CLUSTER,
            {"enabledClusterLogTypes": ["api"]},
            {"enabledClusterLogTypes": ["api", "audit"]},
        ),
        (ROLE, {}, {"permissionsBoundary": "arn:b"}),
    ],
)
def test_protection_that_stays_or_grows_is_no_danger(
    type_: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert kinds(update(type_, old, new)) == []


def test_every_ranked_property_has_a_safest_value_and_a_worse_one() -> None:
    assert all(len(ranks) > 1 for rows in RANKS.values() for _, ranks in rows)
