"""Rows of identity: roles, policies and what binds them."""

import json
from typing import Any

from stackyard.local.aws.connection import search
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject


def _role(call: Call) -> JsonObject | None:
    role = call.do("get_role", RoleName=call.id)["Role"]
    boundary = search("PermissionsBoundary.PermissionsBoundaryArn", role)
    # IAM leaves Tags out where there are none.
    return {"Tags": [], **role, "PermissionsBoundary": boundary}


def _trust(call: Call) -> None:
    if call.olds is not None and call.due("assumeRolePolicy"):
        document = call.props["assumeRolePolicy"]
        call.do("update_assume_role_policy", RoleName=call.id, PolicyDocument=document)


def _boundary(call: Call) -> None:
    if call.olds is None or not call.due("permissionsBoundary"):
        return
    if boundary := call.props.get("permissionsBoundary"):
        call.do("put_role_permissions_boundary", RoleName=call.id, PermissionsBoundary=boundary)
    else:
        call.do("delete_role_permissions_boundary", RoleName=call.id)


def _detach_policies(call: Call) -> None:
    if not call.props.get("forceDetachPolicies"):
        return
    attached = call.do("list_attached_role_policies", RoleName=call.id)["AttachedPolicies"]
    for policy in attached:
        call.do("detach_role_policy", RoleName=call.id, PolicyArn=policy["PolicyArn"])


def _policy(call: Call) -> JsonObject | None:
    policy = call.do("get_policy", PolicyArn=call.id)["Policy"]
    version = call.do(
        "get_policy_version", PolicyArn=call.id, VersionId=policy["DefaultVersionId"]
    )["PolicyVersion"]
    return {"Tags": [], **policy, "PolicyDocument": _text(version["Document"])}


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _new_policy_version(call: Call) -> None:
    if call.olds is None or not call.due("policy"):
        return
    versions = call.do("list_policy_versions", PolicyArn=call.id)["Versions"]
    idle = [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]
    if len(versions) >= 5:
        # IAM keeps five versions; pulumi-aws drops the oldest one that is not in use.
        oldest = min(idle, key=lambda name: int(name[1:]))
        call.do("delete_policy_version", PolicyArn=call.id, VersionId=oldest)
    document = call.props["policy"]
    call.do("create_policy_version", PolicyArn=call.id, PolicyDocument=document, SetAsDefault=True)


def _drop_policy_versions(call: Call) -> None:
    for version in call.do("list_policy_versions", PolicyArn=call.id)["Versions"]:
        if not version["IsDefaultVersion"]:
            call.do("delete_policy_version", PolicyArn=call.id, VersionId=version["VersionId"])


def _role_policy(call: Call) -> JsonObject | None:
    role, name = call.id.split(":", 1)
    found = call.do("get_role_policy", RoleName=role, PolicyName=name)
    return {**found, "PolicyDocument": _text(found["PolicyDocument"])}


def _attachment(call: Call) -> JsonObject | None:
    role, arn = call.id.split("/", 1)
    answer = call.do("list_attached_role_policies", RoleName=role)
    found = search(f"AttachedPolicies[?PolicyArn=='{arn}'] | [0]", answer)
    return {**found, "RoleName": role} if found else None


def _profile(call: Call) -> JsonObject | None:
    found = call.do("get_instance_profile", InstanceProfileName=call.id)["InstanceProfile"]
    return {"Tags": [], **found}


def _profile_role(call: Call) -> None:
    """A profile holds one role; another takes its place."""
    if not call.due("role"):
        return
    if call.olds is not None:
        _empty_profile(call)
    call.do(
        "add_role_to_instance_profile",
        InstanceProfileName=call.id,
        RoleName=call.props["role"],
    )


def _empty_profile(call: Call) -> None:
    held = call.do("get_instance_profile", InstanceProfileName=call.id)["InstanceProfile"]
    for role in held["Roles"]:
        call.do(
            "remove_role_from_instance_profile",
            InstanceProfileName=call.id,
            RoleName=role["RoleName"],
        )


def _oidc_provider(call: Call) -> JsonObject | None:
    found = call.do("get_open_id_connect_provider", OpenIDConnectProviderArn=call.id)
    # IAM answers the URL without its scheme, which pulumi-aws takes for no difference.
    return {"Tags": [], "Arn": call.id, **found, "Url": f"https://{found['Url']}"}


def _role_by_name(call: Call, arguments: JsonObject) -> None:
    # A role may be given by its ARN; IAM takes the name only.
    arguments["RoleName"] = str(call.props["role"]).rsplit("/", 1)[-1]


ROWS: tuple[Spec, ...] = (
    row(
        "iam/role:Role",
        "iam",
        "role",
        "RoleName",
        describe=_role,
        update="update_role",
        rename={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        name="name",
        name_limit=64,
        defaults={"maxSessionDuration": 3600, "path": "/"},
        settle=(_trust, _boundary),
        before_delete=(_detach_policies,),
        attrs={"uniqueId": "RoleId"},
        replacing=("name", "namePrefix", "path"),
    ),
    row(
        "iam/policy:Policy",
        "iam",
        "policy",
        "PolicyArn",
        id_members=("Arn",),
        describe=_policy,
        update="",
        rename={"name": "PolicyName", "policy": "PolicyDocument"},
        name="name",
        defaults={"path": "/"},
        settle=(_new_policy_version,),
        before_delete=(_drop_policy_versions,),
        replacing=("name", "namePrefix", "path"),
        attrs={"arn": "Arn", "policyId": "PolicyId"},
    ),
    Spec(
        pulumi_type="aws:iam/rolePolicy:RolePolicy",
        service="iam",
        create="put_role_policy",
        describe=_role_policy,
        update="put_role_policy",
        delete="delete_role_policy",
        keys=("RoleName", "PolicyName"),
        name="name",
        arrange=_role_by_name,
        rename={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
        replacing=("name", "namePrefix", "role"),
    ),
    Spec(
        pulumi_type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        service="iam",
        create="attach_role_policy",
        describe=_attachment,
        delete="detach_role_policy",
        keys=("RoleName", "PolicyArn"),
        separator="/",
        rename={"role": "RoleName"},
        arrange=_role_by_name,
        replacing=("role", "policyArn"),
    ),
    row(
        "iam/instanceProfile:InstanceProfile",
        "iam",
        "instance_profile",
        "InstanceProfileName",
        describe=_profile,
        update="",
        rename={"name": "InstanceProfileName"},
        name="name",
        defaults={"path": "/"},
        settle=(_profile_role,),
        before_delete=(_empty_profile,),
        attrs={"arn": "Arn", "role": "Roles[0].RoleName", "uniqueId": "InstanceProfileId"},
        replacing=("name", "namePrefix", "path"),
    ),
    row(
        "iam/openIdConnectProvider:OpenIdConnectProvider",
        "iam",
        "open_id_connect_provider",
        "OpenIDConnectProviderArn",
        describe=_oidc_provider,
        update="",
        rename={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
        # moto has no call that adds an audience or takes one away.
        kept=("clientIdLists",),
        attrs={"arn": "Arn"},
        replacing=("url",),
    ),
)
