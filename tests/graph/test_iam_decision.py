"""The decisions that other tests build on are those of IAM's user guide."""

import json
from typing import Any

import pytest

from stacks.iam import allows, policy
from tests.graph.iam_decision import Role, trusts_token

BUCKET = "arn:aws:s3:::one"
READS = allows({"Action": "s3:Get*", "Resource": f"{BUCKET}/*"})
ALL = allows({"Action": "*", "Resource": "*"})
ISSUER = "arn:aws:iam::123456789012:oidc-provider/token.example.com"


def conditioned(operator: str, value: Any) -> Role:
    condition = {operator: {"aws:RequestedRegion": value}}
    return Role(policies=[allows({"Action": "*", "Resource": "*", "Condition": condition})])


@pytest.mark.parametrize(
    ("action", "resource", "passes"),
    [
        ("s3:GetObject", f"{BUCKET}/a/b", True),
        ("S3:getobject", f"{BUCKET}/a", True),
        ("s3:PutObject", f"{BUCKET}/a", False),
        ("s3:GetObject", "arn:aws:s3:::other/a", False),
        ("s3:GetObject", f"{BUCKET.upper()}/a", False),
        ("s3:GetObject", "*", False),
    ],
)
def test_what_is_not_allowed_is_refused(action: str, resource: str, *, passes: bool) -> None:
    assert Role(policies=[READS]).may(action, resource) is passes


def test_a_denial_outweighs_whatever_allows() -> None:
    denied = policy({"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"})
    role = Role(policies=[ALL, denied])

    assert not role.may("s3:GetObject", f"{BUCKET}/a", resource_policy_allows=True)
    assert role.may("s3:GetObjectAcl", f"{BUCKET}/a")


def test_a_not_element_takes_all_others() -> None:
    denied = policy({"Effect": "Deny", "NotAction": "s3:Get*", "NotResource": f"{BUCKET}/*"})
    role = Role(policies=[ALL, denied])

    assert role.may("s3:GetObject", "arn:aws:s3:::other/a")
    assert role.may("s3:PutObject", f"{BUCKET}/a")
    assert not role.may("s3:PutObject", "arn:aws:s3:::other/a")


def test_a_boundary_allows_nothing_by_itself() -> None:
    assert not Role(policies=[], boundary=ALL).may("s3:GetObject", f"{BUCKET}/a")


def test_a_boundary_ends_what_policies_allow() -> None:
    role = Role(policies=[ALL], boundary=READS)

    assert role.may("s3:GetObject", f"{BUCKET}/a")
    assert not role.may("s3:PutObject", f"{BUCKET}/a")


def test_a_resources_own_policy_allows_what_the_roles_leave_out() -> None:
    assert Role(policies=[]).may("sqs:ReceiveMessage", resource_policy_allows=True)


@pytest.mark.parametrize(
    ("operator", "value", "given", "passes"),
    [
        ("StringEquals", "one", "one", True),
        ("StringEquals", ["one", "two"], "two", True),
        ("StringEquals", "one", "One", False),
        ("StringEquals", "o*", "one", False),
        ("StringEquals", "one", None, False),
        ("StringNotEquals", "one", "two", True),
        ("StringNotEquals", ["one", "two"], "two", False),
        ("StringNotEquals", "one", None, True),
        ("StringLike", "o*e", "one", True),
        ("StringLike", "o*e", "ones", False),
        ("StringLike", "*", None, False),
        ("Bool", "false", "False", True),
        ("Bool", "false", None, False),
    ],
)
def test_a_condition_holds_for_one_of_its_values(
    operator: str, value: Any, given: str | None, *, passes: bool
) -> None:
    context = {} if given is None else {"AWS:requestedregion": given}

    assert conditioned(operator, value).may("ec2:RunInstances", "*", context) is passes


def test_an_operator_that_nobody_taught_it_is_an_error() -> None:
    with pytest.raises(LookupError, match="NumericLessThan is not known here"):
        conditioned("NumericLessThan", "1").may("ec2:RunInstances")


def test_a_variable_is_an_error() -> None:
    role = Role(policies=[allows({"Action": "*", "Resource": "${aws:username}"})])

    with pytest.raises(LookupError, match="policy variables are not known here"):
        role.may("ec2:RunInstances")


def test_all_conditions_have_to_hold() -> None:
    condition = {
        "StringEquals": {"token.example.com:aud": "us", "token.example.com:sub": "repo:a"},
        "StringLike": {"token.example.com:ref": "v*"},
    }
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": ISSUER},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": condition,
                }
            ],
        }
    )
    right = {"aud": "us", "sub": "repo:a", "ref": "v1"}

    assert trusts_token(trust, ISSUER, right)
    assert not trusts_token(trust, ISSUER, {**right, "ref": "w1"})
    assert not trusts_token(trust, ISSUER, {"aud": "us", "ref": "v1"})
    assert not trusts_token(trust, ISSUER.replace("token.", "other."), right)
