"""Dangers of protection that is taken off: of data, of encryption, of what keeps others out."""

from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.report.change import Change, Operation, Proposal, holds_unknown
from stackyard.report.danger import Danger, Level
from stackyard.report.shapes import items, mapping
from stackyard.report.values import moved_to, plainly

PROTECTIONS: dict[str, Any] = {
    "actionsEnabled": True,
    "atRestEncryptionEnabled": True,
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "deletionProtection": True,
    "enableDeletionProtection": True,
    "enableKeyRotation": True,
    "enableLogFileValidation": True,
    "forceDelete": False,
    "forceDestroy": False,
    "iamDatabaseAuthenticationEnabled": True,
    "ignorePublicAcls": True,
    "requireTls": True,
    "restrictPublicBuckets": True,
    "skipFinalSnapshot": False,
    "storageEncrypted": True,
    "transitEncryptionEnabled": True,
}
"""Property to the value that protects."""
SPANS = (
    "backtrackWindow",
    "backupRetentionPeriod",
    "deletionWindowInDays",
    "recoveryWindowInDays",
    "retentionInDays",
    "snapshotRetentionLimit",
)
"""Time that data is kept: less is less protection."""
RANKS: dict[str, tuple[tuple[str, tuple[Any, ...]], ...]] = {
    "aws:cloudfront/distribution:Distribution": (
        (
            "defaultCacheBehavior.viewerProtocolPolicy",
            ("https-only", "redirect-to-https", "allow-all"),
        ),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        ("metadataOptions.httpTokens", ("required", "optional")),
    ),
    "aws:ecr/repository:Repository": (
        ("imageTagMutability", ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE")),
        ("imageScanningConfiguration.scanOnPush", (True, False)),
    ),
    "aws:eks/cluster:Cluster": (
        ("accessConfig.authenticationMode", ("API", "API_AND_CONFIG_MAP", "CONFIG_MAP")),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": (
        ("versioningConfiguration.status", ("Enabled", "Suspended")),
    ),
    "kubernetes:core/v1:Namespace": (
        (
            "metadata.labels.pod-security~1kubernetes~1io/enforce",
            ("restricted", "baseline", "privileged"),
        ),
    ),
}
"""By type, properties with their values from the safest on; `~1` is a dot in a name."""
KEPT: dict[str, tuple[str, ...]] = {
    "aws:cloudfront/distribution:Distribution": ("webAclId",),
    "aws:eks/cluster:Cluster": ("enabledClusterLogTypes", "encryptionConfig"),
    "aws:iam/role:Role": ("permissionsBoundary",),
    "aws:rds/cluster:Cluster": ("enabledCloudwatchLogsExports",),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": ("logDestinationConfigs",),
}
"""By type, what protects by being there: of a list, each of its members."""
WEB_ACL = "aws:wafv2/webAcl:WebAcl"
_ENFORCING = ("block", "captcha", "challenge")


def of_protections(proposal: Proposal) -> Iterator[Danger]:
    """Protection that is taken off."""
    for change in proposal.changes:
        if change.operation not in (Operation.UPDATE, Operation.SAME):
            continue
        off = [*_switched(change), *_lowered(change), *_lost(change), *_unblocked(change)]
        if change.was_protected and not change.is_protected:
            off.append("protect: true → false")
        if off:
            yield Danger(
                level=Level.HIGH,
                kind="protection-off",
                urn=change.urn,
                name=change.name,
                type=change.type,
                says="loses protection",
                because=tuple(off),
                instead="keep it, and give consent for one run: stackyard up --allow-destructive",
            )


def _switched(change: Change) -> Iterator[str]:
    for key, safe in PROTECTIONS.items():
        if change.old.get(key) == safe and change.new.get(key, not safe) == (not safe):
            yield moved_to(change, key)
    for key in SPANS:
        if _shorter(change, key):
            yield moved_to(change, key)


def _shorter(change: Change, key: str) -> bool:
    old, new = change.old.get(key), change.new.get(key)
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return False
    # Log groups keep 0 days as for ever.
    return new < old if key != "retentionInDays" else new > 0 and (new < old or old == 0)


def _lowered(change: Change) -> Iterator[str]:
    for path, ranks in RANKS.get(change.type, ()):
        old, new = _at(change.old, path), _at(change.new, path)
        if old not in ranks or holds_unknown(new):
            continue
        # What is no longer said is AWS's or Kubernetes' default, which is the least of them.
        rank = ranks.index(new) if new in ranks else len(ranks) - 1
        if rank > ranks.index(old):
            name = path.replace("~1", ".")
            yield f"{name}: {plainly(old)} → {plainly(new)}"


def _lost(change: Change) -> Iterator[str]:
    for key in KEPT.get(change.type, ()):
        old, new = change.old.get(key), change.new.get(key)
        if isinstance(old, list):
            if not holds_unknown(new):
                gone = [each for each in items(old) if each not in items(new)]
                yield from (f"{key}: no more {_named(each)}" for each in gone)
        elif old and not new:
            yield f"{key}: {_named(old)} → none"


def _unblocked(change: Change) -> Iterator[str]:
    """Rules of a web ACL that only count from now on, or are gone."""
    if change.type != WEB_ACL or holds_unknown(change.new.get("rules")):
        return
    kept = set(_enforcing(change.new))
    yield from (f"no longer blocks: {name}" for name in _enforcing(change.old) if name not in kept)


def _enforcing(inputs: Mapping[str, Any]) -> Iterator[str]:
    for rule in map(mapping, items(inputs.get("rules"))):
        own, group = mapping(rule.get("action")), mapping(rule.get("overrideAction"))
        if any(word in own for word in _ENFORCING) or "none" in group:
            yield str(rule.get("name"))


def _at(inputs: Any, path: str) -> Any:
    found = inputs
    for name in path.split("."):
        found = mapping(found).get(name.replace("~1", "."))
    return found


def _named(value: Any) -> str:
    return str(value) if isinstance(value, str) else "the one that was there"
