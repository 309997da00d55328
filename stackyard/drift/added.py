"""What was added to a resource and is none of the stack's: the engine reads only what it made.

The two kinds that open a door: a rule in a security group, a policy at an IAM role.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from stackyard.drift.findings import Drift, Kind
from stackyard.ops.lookup_aws import Aws
from stackyard.report.change import name_of
from stackyard.report.shapes import items, mapping

GROUP, ROLE = "aws:ec2/securityGroup:SecurityGroup", "aws:iam/role:Role"
RULES = tuple(
    f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule" for way in ("Ingress", "Egress")
)
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
INLINE = "aws:iam/rolePolicy:RolePolicy"
_ALL_PROTOCOLS = "-1"

Resources = Sequence[Mapping[str, Any]]
Reach = Callable[[str], Aws]
"""AWS in a region; the empty one is the environment's own."""


def added(resources: Resources, reach: Reach) -> Iterator[Drift]:
    """Everything of the two kinds that a stack's state knows nothing of.

    Raises botocore's errors as they are: what cannot be listed is not said to be well.
    """
    for each in resources:
        if each["type"] == GROUP and not each.get("delete"):
            yield from _rules(each, resources, reach(_region(each)))
        elif each["type"] == ROLE and not each.get("delete"):
            yield from _policies(each, resources, reach(""))


def _rules(group: Mapping[str, Any], resources: Resources, aws: Aws) -> Iterator[Drift]:
    inputs = mapping(group.get("inputs"))
    # Rules that the group itself lists are compared by the engine.
    if "ingress" in inputs or "egress" in inputs:
        return
    known = {each.get("id") for each in resources if each["type"] in RULES}
    here = [{"Name": "group-id", "Values": [group["id"]]}]
    found = aws.every("ec2", "describe_security_group_rules", "SecurityGroupRules[]", Filters=here)
    for rule in sorted(map(mapping, found), key=lambda each: str(each["SecurityGroupRuleId"])):
        if rule["SecurityGroupRuleId"] not in known:
            yield _drift(group, f"rule {rule['SecurityGroupRuleId']}, {_words(rule)}")


def _words(rule: Mapping[str, Any]) -> str:
    """`in tcp 22 from 0.0.0.0/0`."""
    way, end = ("out", "to") if rule.get("IsEgress") else ("in", "from")
    peer = (
        rule.get("CidrIpv4")
        or rule.get("CidrIpv6")
        or rule.get("PrefixListId")
        or mapping(rule.get("ReferencedGroupInfo")).get("GroupId")
    )
    if rule.get("IpProtocol") == _ALL_PROTOCOLS:
        return f"{way} all traffic {end} {peer}"
    first, last = rule.get("FromPort"), rule.get("ToPort")
    ports = first if first == last else f"{first}-{last}"
    return f"{way} {rule.get('IpProtocol')} {ports} {end} {peer}"


def _policies(role: Mapping[str, Any], resources: Resources, aws: Aws) -> Iterator[Drift]:
    name, inputs = str(role["id"]), mapping(role.get("inputs"))
    attached = aws.every(
        "iam", "list_attached_role_policies", "AttachedPolicies[].PolicyArn", RoleName=name
    )
    known = {
        *items(inputs.get("managedPolicyArns")),
        *(own["policyArn"] for own in _of_role(resources, ATTACHMENT, name)),
    }
    for arn in sorted(set(attached) - known):
        yield _drift(role, f"policy {arn}")
    inline = aws.every("iam", "list_role_policies", "PolicyNames[]", RoleName=name)
    known = {
        *(mapping(own).get("name") for own in items(inputs.get("inlinePolicies"))),
        *(own["name"] for own in _of_role(resources, INLINE, name)),
    }
    for policy in sorted(set(inline) - known):
        yield _drift(role, f"inline policy {policy}")


def _of_role(resources: Resources, type_: str, role: str) -> Iterator[dict[str, Any]]:
    """Outputs of the resources of that type that name the role."""
    for each in resources:
        outputs = mapping(each.get("outputs"))
        if each["type"] == type_ and outputs.get("role") == role:
            yield outputs


def _region(resource: Mapping[str, Any]) -> str:
    """From the ARN: a state of an older pulumi-aws has no region of its own."""
    arn = str(mapping(resource.get("outputs")).get("arn") or "")
    return arn.split(":")[3] if arn.startswith("arn:") else ""


def _drift(resource: Mapping[str, Any], what: str) -> Drift:
    urn = str(resource["urn"])
    return Drift(
        kind=Kind.ADDED, urn=urn, type=str(resource["type"]), name=name_of(urn), added=what
    )
