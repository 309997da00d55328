"""What is wrong with a policy is found: actions, resources, conditions, AWS's own policies."""

import json
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg
from tests.fidelity import iam
from tests.fidelity.faults import only, with_inputs

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app"  # a name
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:app"


def says(statement: dict[str, Any], *, name: str = "policy", version: str = "2012-10-17") -> str:
    """The one thing that is wrong with a policy; nothing if all is well."""
    document = {"Version": version, "Statement": [{"Effect": "Allow", **statement}]}
    reg = Reg(
        urn="", type="aws:iam/rolePolicy:RolePolicy", name="policy", parent="", custom=True,
        inputs={name: json.dumps(document)}, outputs={}, id="", opts={}, depends=set(),
        property_deps={}, provider="",
    )  # fmt: skip
    found = [finding.says for finding in iam.problems(reg)]
    assert len(found) <= 1, found
    return found[0] if found else ""


def test_an_action_that_does_not_exist_is_found(prod: Graph) -> None:
    policy = prod.named("RolePolicy", "database-proxy")
    text = policy.inputs["policy"].replace("GetSecretValue", "GetSecretValues")

    found = only(with_inputs(prod, policy, policy=text))

    assert found.resource == "iam.RolePolicy database-proxy"
    assert found.says == "action 'secretsmanager:GetSecretValues' does not exist"


def test_an_action_that_does_not_take_the_resource_is_found() -> None:
    found = says({"Action": "secretsmanager:GetSecretValue", "Resource": [SECRET, KEY]})

    assert found == f"resource {KEY!r} is taken by none of ['secretsmanager:GetSecretValue']"


def test_a_resource_that_no_action_takes_is_found() -> None:
    found = says({"Action": ["logs:PutLogEvents", "kms:Decrypt"], "Resource": f"{GROUP}:*"})

    assert found.startswith("action 'kms:Decrypt' takes none of")
    assert found.endswith("it takes arn:aws:kms:${Region}:${Account}:key/${KeyId}")


def test_an_action_that_takes_no_single_resource_is_found() -> None:
    found = says(
        {"Action": ["logs:DescribeLogGroups", "logs:PutLogEvents"], "Resource": f"{GROUP}:*"}
    )

    assert found.startswith("action 'logs:DescribeLogGroups' takes none of")
    assert found.endswith("it takes no resource but '*'")


def test_streams_are_no_part_of_a_log_groups_own_arn() -> None:
    stream = {"Action": "logs:PutLogEvents"}

    assert says({**stream, "Resource": f"{GROUP}:*"}) == ""
    assert (
        says({"Action": ["logs:PutLogEvents", "logs:DescribeLogStreams"], "Resource": GROUP}) != ""
    )


def test_a_bucket_is_not_its_objects() -> None:
    assert says({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}) == ""
    assert says({"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::site"}) == ""
    found = says({"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::site/*"})
    assert found.startswith("action 's3:ListBucket' takes none of")


@pytest.mark.parametrize("action", ["ec2:Describe*", "s3:*", "*"])
def test_a_pattern_stands_for_the_actions_it_fits(action: str) -> None:
    assert says({"Action": action, "Resource": "*"}) == ""


def test_a_pattern_that_fits_no_action_is_found() -> None:
    assert says({"Action": "ec2:Descripe*", "Resource": "*"}) == (
        "action 'ec2:Descripe*' does not exist"
    )


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}}, ""),
        ({"ForAnyValue:StringLike": {"aws:TagKeys": "team"}}, ""),
        ({"StringEqualsIfExists": {"aws:ResourceTag/team": "web"}}, ""),
        (
            {"StringEquals": {"kms:ViaServices": "rds.us-east-1.amazonaws.com"}},
            "condition key 'kms:ViaServices' is known to none of ['kms:Decrypt']",
        ),
        (
            {"StringIs": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}},
            "condition operator 'StringIs' does not exist",
        ),
    ],
)
def test_conditions_use_operators_and_keys_that_exist(
    condition: dict[str, Any], found: str
) -> None:
    assert says({"Action": "kms:Decrypt", "Resource": KEY, "Condition": condition}) == found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": "kms:Decrypt"}, "a statement names no resource"),
        (
            {"Action": "kms:Decrypt", "Resource": KEY, "Resources": KEY},
            "'Resources' is no part of a statement",
        ),
        (
            {"Effect": "allow", "Action": "kms:Decrypt", "Resource": KEY},
            "effect 'allow' is neither Allow nor Deny",
        ),
    ],
)
def test_a_statement_has_its_parts(statement: dict[str, Any], found: str) -> None:
    assert says(statement) == found


def test_an_old_version_is_found() -> None:
    found = says({"Action": "kms:Decrypt", "Resource": KEY}, version="2008-10-17")

    assert found == "version '2008-10-17' is not 2012-10-17"


def test_a_trust_policy_names_who_is_trusted() -> None:
    trust = {"Action": "sts:AssumeRole"}

    assert says(trust, name="assumeRolePolicy") == "a trust policy names no principal"
    principal = {"Service": "eks.amazonaws.com"}
    assert says({**trust, "Principal": principal}, name="assumeRolePolicy") == ""


def test_a_policy_that_aws_does_not_have_is_found(prod: Graph) -> None:
    attachment = prod.named("RolePolicyAttachment", "database-monitoring")
    arn = attachment.inputs["policyArn"].replace("EnhancedMonitoring", "BetterMonitoring")

    assert only(with_inputs(prod, attachment, policyArn=arn)).says == f"{arn!r} is no policy of AWS"
