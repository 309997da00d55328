"""Policy documents."""

import json

from stacks.iam import allows, trusts


def test_trust_names_the_services_that_take_the_role() -> None:
    (statement,) = json.loads(trusts("rds"))["Statement"]

    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": ["rds.amazonaws.com"]},
        "Action": ["sts:AssumeRole"],
    }


def test_statements_allow_what_they_name_and_keep_their_conditions() -> None:
    condition = {"StringEquals": {"aws:SourceAccount": "123456789012"}}

    document = json.loads(
        allows({"Action": ["kms:Decrypt"], "Resource": ["*"], "Condition": condition})
    )

    assert document["Version"] == "2012-10-17"
    assert document["Statement"] == [
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": ["*"], "Condition": condition}
    ]
