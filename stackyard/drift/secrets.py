"""Secrets that were changed outside: told without reading one, so that no right to it is needed.

Of Secrets Manager by the version that is current, which its description names. A Secret of
Kubernetes has no such mark: it is compared where the credentials may read it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from stackyard.drift.findings import Drift, Kind, Property
from stackyard.ops.lookup_aws import Aws
from stackyard.report.change import name_of
from stackyard.report.shapes import mapping

VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
_CURRENT, _NONE = "AWSCURRENT", "ResourceNotFoundException"

Resources = Sequence[Mapping[str, Any]]
Reach = Callable[[str], Aws]
"""AWS in a region; the empty one is the environment's own."""


def versions(resources: Resources) -> list[str]:
    """URNs of what the engine would read a secret for."""
    return sorted({str(each["urn"]) for each in resources if each["type"] == VERSION})


def changed(resources: Resources, reach: Reach) -> Iterator[Drift]:
    """The versions of the state that are not the current ones of their secrets."""
    for each in resources:
        if each["type"] != VERSION or each.get("delete"):
            continue
        outputs = mapping(each.get("outputs"))
        secret, known = str(outputs["arn"]), str(outputs["versionId"])
        current = _current(reach(secret.split(":")[3]), secret)
        if current is None:
            yield _drift(each, Kind.GONE)
        elif current != known:
            yield _drift(each, Kind.CHANGED, Property(path=_CURRENT, old=known, new=current))


def _current(aws: Aws, secret: str) -> str | None:
    """Id of the version that readers get; none where the secret is gone, or has none."""
    try:
        described = aws.call("secretsmanager", "describe_secret", SecretId=secret)
    except ClientError as problem:
        if mapping(problem.response.get("Error")).get("Code") == _NONE:
            return None
        raise
    stages = mapping(described.get("VersionIdsToStages"))
    return next((id_ for id_, found in stages.items() if _CURRENT in found), None)


def _drift(version: Mapping[str, Any], kind: Kind, *properties: Property) -> Drift:
    urn = str(version["urn"])
    return Drift(kind=kind, urn=urn, type=VERSION, name=name_of(urn), properties=properties)
