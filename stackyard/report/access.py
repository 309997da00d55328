"""Dangers of ways in: security groups opened, endpoints made public, permissions widened."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackyard.report.change import Change, Operation, Proposal, holds_unknown
from stackyard.report.danger import Danger, Level
from stackyard.report.documents import document_of, widening
from stackyard.report.shapes import items, mapping

WEB_PORTS = (80, 443)
_EVERYBODY = "0.0.0.0/0"
DOCUMENTS: dict[str, tuple[str, ...]] = {
    "aws:backup/vaultPolicy:VaultPolicy": ("policy",),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("policy",),
    "aws:ecr/registryPolicy:RegistryPolicy": ("policy",),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ("policy",),
    "aws:iam/policy:Policy": ("policy",),
    "aws:iam/role:Role": ("assumeRolePolicy",),
    "aws:iam/rolePolicy:RolePolicy": ("policy",),
    "aws:iam/userPolicy:UserPolicy": ("policy",),
    "aws:kms/key:Key": ("policy",),
    "aws:kms/keyPolicy:KeyPolicy": ("policy",),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy",),
    "aws:secretsmanager/secret:Secret": ("policy",),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("policy",),
    "aws:sns/topicPolicy:TopicPolicy": ("policy",),
    "aws:sqs/queue:Queue": ("policy",),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy",),
}
"""Type to its properties that hold a policy document."""
ENTRY = "aws:eks/accessEntry:AccessEntry"
ATTACHMENTS: dict[str, tuple[str, ...]] = {
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "policyArn",
        "principalArn",
        "accessScope",
    ),
    ENTRY: ("principalArn", "kubernetesGroups", "userName"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (
        "roleArn",
        "namespace",
        "serviceAccount",
    ),
    "aws:iam/instanceProfile:InstanceProfile": ("role",),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": ("url", "clientIdLists"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("policyArn", "role"),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ("policyArn", "user"),
}
"""Type that gives access by being there to what tells how much."""
_WIDE = ("Admin", "PowerUser", "system:masters")
"""In what gives access: all of a cluster's or an account's rights."""
_VIEW = "policyArn arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
"""What gives a look at a cluster and no secret of it."""
USER = "aws:elasticache/user:User"
_OPENING = ("+", "~", "&", "%", "all", "nopass")
"""How words of a cache user's access string begin that allow more (Redis, "ACL")."""


def of_groups(proposal: Proposal) -> Iterator[Danger]:
    """Rules of security groups that let in more than before."""
    for change in _made_or_updated(proposal):
        added = sorted(_sources(change.new, change.type) - _sources(change.old, change.type))
        if not added:
            continue
        wide = [each for each in added if _anyone(each[0])]
        ports = {port for _, port in wide}
        only_web = ports <= {f"port {port}" for port in WEB_PORTS}
        level = Level.HIGH if wide and not (only_web and proposal.is_first) else Level.MEDIUM
        yield Danger(
            level=level,
            kind="group-opened",
            urn=change.urn,
            name=change.name,
            type=change.type,
            says="opens a security group to the whole internet"
            if wide
            else "opens a security group to more addresses",
            because=tuple(f"{source}, {port}" for source, port in wide or added),
            instead="name the group or the prefix list of the clients instead of addresses",
        )


def of_public(proposal: Proposal) -> Iterator[Danger]:
    """Endpoints that the internet can reach from now on."""
    for change in _made_or_updated(proposal):
        opened = [
            *_turned_on(change, "publiclyAccessible"),
            *_made_external(change),
            *_public_cidrs(change),
            *_unsigned(change),
        ]
        if opened:
            yield Danger(
                level=Level.HIGH,
                kind="public-access",
                urn=change.urn,
                name=change.name,
                type=change.type,
                says="can be reached from the whole internet",
                because=tuple(opened),
                instead="reach it from inside the VPC, or name the networks that may",
            )


def of_permissions(proposal: Proposal) -> Iterator[Danger]:
    """Policies that allow more than before, and new ways to hold one.

    In a first deployment everything is new: only what allows all or anyone is told.
    """
    first = proposal.is_first
    for change in _made_or_updated(proposal):
        for key in DOCUMENTS.get(change.type, ()):
            yield from _of_document(change, key, first=first)
        keys = ATTACHMENTS.get(change.type, ())
        given = tuple(_said(change, key) for key in keys if change.new.get(key))
        changed = any(change.old.get(key) != change.new.get(key) for key in keys)
        if given and changed and not first and not _gives_nothing(change):
            yield _permission(change, "gives access", given, wide=_is_wide(given))
        added = _new_arns(change)
        if added and not first:
            facts = tuple(f"policy {arn}" for arn in added)
            yield _permission(change, "gives access", facts, wide=_is_wide(facts))
        allowed = _of_cache_user(change)
        if allowed and not (first and change.operation is Operation.CREATE):
            everything = any(word in ("+@all", "allcommands") for word in allowed)
            narrowed = any(word.startswith("-") for word in _acl(change.new))
            wide = "nopass" in allowed or (everything and not narrowed)
            facts = tuple(f"accessString {word}" for word in allowed)
            yield _permission(change, "allows more", facts, wide=wide)


def _of_document(change: Change, key: str, *, first: bool) -> Iterator[Danger]:
    old, new = change.old.get(key), change.new.get(key)
    if new is None or old == new:
        return
    if holds_unknown(new):
        if not first and change.operation is not Operation.CREATE:
            fact = (f"{key} is known only when it runs",)
            yield _permission(change, "may allow more", fact, wide=False)
        return
    document = document_of(new)
    if document is None:
        return
    more = widening(document_of(old), document)
    if more and (more.all_or_anyone or not first):
        says = "allows everything or everyone" if more.all_or_anyone else "allows more"
        yield _permission(change, says, more.facts, wide=more.all_or_anyone or bool(old))


def _is_wide(facts: Sequence[str]) -> bool:
    return any(word in fact for fact in facts for word in _WIDE)


def _gives_nothing(change: Change) -> bool:
    """An entry of a cluster without a name or group that rights hang on: a policy gives them."""
    named = any(change.new.get(key) for key in ("kubernetesGroups", "userName"))
    return change.type == ENTRY and change.new.get("type", "STANDARD") == "STANDARD" and not named


def _of_cache_user(change: Change) -> list[str]:
    """What a user of the cache may do from now on, and denials that are gone."""
    old, new = _acl(change.old), _acl(change.new)
    if change.type != USER or "off" in new:
        return []
    added = [word for word in new if word.startswith(_OPENING) and word not in old]
    denied = [word for word in old if word.startswith("-") and word not in new]
    unlocked = ["nopass"] if _turned_on(change, "noPasswordRequired") else []
    return [*added, *(f"no more {word}" for word in denied), *unlocked]


def _acl(inputs: Mapping[str, Any]) -> list[str]:
    return str(inputs.get("accessString") or "").split()


def _permission(change: Change, says: str, facts: tuple[str, ...], *, wide: bool) -> Danger:
    level = Level.HIGH if wide else Level.MEDIUM
    return Danger(
        level=Level.LOW if _VIEW in facts else level,
        kind="access-widened",
        urn=change.urn,
        name=change.name,
        type=change.type,
        says=says,
        because=facts,
        instead="name the actions and the resources that are needed, and nobody else",
    )


def _made_or_updated(proposal: Proposal) -> Iterator[Change]:
    made = (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.IMPORT)
    return (change for change in proposal.changes if change.operation in made)


def _sources(inputs: Mapping[str, Any], type_: str) -> set[tuple[str, str]]:
    """Who may come in, and at which ports."""
    match type_:
        case "aws:ec2/securityGroup:SecurityGroup":
            rules = items(inputs.get("ingress"))
        case "aws:ec2/securityGroupRule:SecurityGroupRule":
            rules = [inputs] if inputs.get("type") == "ingress" else []
        case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
            rules = [inputs] if inputs else []
        case _:
            return set()
    given = map(mapping, rules)
    return {(source, _ports(rule)) for rule in given for source in _from(rule)}


def _from(rule: Mapping[str, Any]) -> Iterator[str]:
    """The addresses of a rule: groups and prefix lists are somebody's own and named."""
    for key in ("cidrBlocks", "ipv6CidrBlocks"):
        yield from map(str, rule.get(key) or ())
    for key in ("cidrIpv4", "cidrIpv6"):
        if rule.get(key):
            yield str(rule[key])


def _ports(rule: Mapping[str, Any]) -> str:
    protocol = str(rule.get("ipProtocol", rule.get("protocol", "-1")))
    if protocol in ("-1", "all"):
        return "all ports"
    low, high = rule.get("fromPort"), rule.get("toPort")
    return f"port {low}" if low == high else f"ports {low} to {high}"


def _anyone(source: str) -> bool:
    """Whether a network is wider than anybody's own: a /7 and above."""
    try:
        return ipaddress.ip_network(source, strict=False).prefixlen < 8
    except ValueError:
        return False


def _turned_on(change: Change, key: str) -> list[str]:
    if change.new.get(key) is True and change.old.get(key) is not True:
        return [f"{key}: true"]
    return []


def _made_external(change: Change) -> list[str]:
    external = change.old.get("internal") is True and change.new.get("internal") is False
    return ["internal: true → false"] if external else []


def _public_cidrs(change: Change) -> list[str]:
    """Networks that reach the Kubernetes API by the internet; by AWS's default all do."""
    if change.type != "aws:eks/cluster:Cluster":
        return []
    before, after = (_reaching(mapping(side.get("vpcConfig"))) for side in (change.old, change.new))
    known = set(before if change.old else ())
    return [f"publicAccessCidrs: {each}" for each in after if each not in known and _anyone(each)]


def _reaching(given: Mapping[str, Any]) -> list[str]:
    networks = given.get("publicAccessCidrs")
    if not given or given.get("endpointPublicAccess") is False or holds_unknown(networks):
        return []
    return [str(each) for each in items(networks)] or [_EVERYBODY]


def _unsigned(change: Change) -> list[str]:
    """Paths of a distribution that asked for a signature and do no longer."""
    if change.type != "aws:cloudfront/distribution:Distribution" or not change.new:
        return []
    if holds_unknown(change.new.get("orderedCacheBehaviors")):
        return []
    old, new = (
        {str(each.get("pathPattern")): each for each in map(mapping, items(given))}
        for given in (side.get("orderedCacheBehaviors") for side in (change.old, change.new))
    )
    return [
        f"{path}: no signature"
        for path, each in old.items()
        if items(each.get("trustedKeyGroups")) and not new.get(path, {}).get("trustedKeyGroups")
    ]


def _said(change: Change, key: str) -> str:
    value = change.new[key]
    if holds_unknown(value):
        return f"{key} known when it runs"
    return f"{key} {', '.join(_words(value))}"


def _words(value: Any) -> list[str]:
    """The values of whatever it is, one by one."""
    inner = [*mapping(value).values(), *items(value)]
    return [word for each in inner for word in _words(each)] if inner else [str(value)]


def _new_arns(change: Change) -> list[str]:
    if change.type != "aws:iam/role:Role":
        return []
    old, new = (items(side.get("managedPolicyArns")) for side in (change.old, change.new))
    return [str(each) for each in new if each not in old]
