"""The deploy role: it makes stacks, and no role stronger than itself; bootstrap's things stay.

It is IAM's documented logic that decides here, over what is asked of AWS; AWS decided none of it.
"""

import json

import pytest

from stacks.iam import allows
from tests.graph.accounts import ACCOUNT, account_graph
from tests.graph.iam_decision import Role
from tests.graph.pipeline_roles import BOUNDARY, CHANGES, ISSUER, actions, graph, output, role

ALL = allows({"Action": "*", "Resource": "*"})
OWN = f"arn:aws:iam::{ACCOUNT}:role/stackyard/api-1a2b3c4"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
UNDER_IT = {"iam:PermissionsBoundary": BOUNDARY}
UNDER_ANOTHER = {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/stackyard/wide"}
HOLDERS = ("deploy", "a role that it makes", "deploy as administrator")
MAKERS = ("deploy", "review")
GRANTS = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
)
ROLES = ("preview", "drift", "deploy", "review")


def holder(name: str) -> Role:
    """The deploy role, and what whoever holds it may come to at most."""
    deploy = role("deploy")
    if name == "deploy":
        return deploy
    return Role(policies=[*deploy.policies, ALL], boundary=deploy.boundary)


@pytest.mark.parametrize("kind", MAKERS)
def test_policy_and_boundary_are_one(kind: str) -> None:
    maker = role(kind)

    assert maker.policies == [maker.boundary]
    assert graph().one("aws:iam/policy:Policy").outputs["arn"] == BOUNDARY


def test_the_policy_fits_into_iam() -> None:
    # "IAM and AWS STS quotas": 6,144 characters of a managed policy, whitespace left out.
    longest = account_graph(state={"bucket": 63 * "a"}).one("aws:iam/policy:Policy")
    text = json.dumps(json.loads(longest.inputs["policy"]), separators=(",", ":"))

    assert len(text) <= 6144


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("action", GRANTS)
def test_a_role_is_made_and_changed_under_the_boundary_alone(name: str, action: str) -> None:
    asked = holder(name)

    assert asked.may(action, OWN, UNDER_IT)
    assert not asked.may(action, OWN, UNDER_ANOTHER)
    assert not asked.may(action, OWN)


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("action", [*GRANTS, "iam:PassRole", "iam:DeleteRole", "iam:TagRole"])
def test_roles_that_no_stack_made_stay_as_they_are(name: str, action: str) -> None:
    assert not holder(name).may(action, ADMIN, UNDER_IT)


@pytest.mark.parametrize("name", HOLDERS)
def test_no_boundary_is_ever_taken_off(name: str) -> None:
    for action in ("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"):
        assert not holder(name).may(action, OWN, UNDER_IT)


@pytest.mark.parametrize("name", HOLDERS)
def test_bootstraps_roles_boundary_and_provider_are_changed_by_nothing(name: str) -> None:
    asked = holder(name)
    guarded = [*(output("aws:iam/role:Role", f"github-{kind}") for kind in ROLES), BOUNDARY, ISSUER]
    changes = [*actions(*CHANGES, service="iam"), *actions(*CHANGES, service="sts")]

    assert [
        (action, arn)
        for action in changes
        for arn in guarded
        if asked.may(action, arn, UNDER_IT, resource_policy_allows=False)
    ] == []


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("arn", ["user/one", "group/one", "policy/stackyard/one", "mfa/one"])
def test_of_iam_only_roles_are_made(name: str, arn: str) -> None:
    asked, changes = holder(name), actions(*CHANGES, service="iam")
    made = [one for one in changes if asked.may(one, f"arn:aws:iam::{ACCOUNT}:{arn}", UNDER_IT)]

    assert len(changes) > 100
    assert made == []


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize(
    "action",
    [
        "sts:AssumeRole",
        "ssm:SendCommand",
        "ssm:StartSession",
        "lambda:CreateFunction",
        "cloudformation:CreateStack",
        "codebuild:StartBuild",
        "organizations:LeaveOrganization",
        "account:CloseAccount",
        "sso:CreatePermissionSet",
    ],
)
def test_it_does_not_borrow_what_others_may(name: str, action: str) -> None:
    assert not holder(name).may(action, "*", UNDER_IT)


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize(
    ("action", "passes"),
    [
        ("s3:PutObject", True),
        ("s3:DeleteObject", True),
        ("s3:GetObjectVersion", True),
        ("s3:DeleteObjectVersion", False),
        ("s3:DeleteBucket", False),
        ("s3:PutBucketPolicy", False),
        ("s3:PutBucketVersioning", False),
        ("s3:PutLifecycleConfiguration", False),
        ("s3:PutEncryptionConfiguration", False),
        ("s3:PutReplicationConfiguration", False),
        ("s3:BypassGovernanceRetention", False),
    ],
)
def test_state_is_written_and_its_history_kept(name: str, action: str, *, passes: bool) -> None:
    bucket = output("aws:s3/bucket:Bucket", "state")
    asked = holder(name)

    assert asked.may(action, f"{bucket}/.pulumi/stacks/stackyard/prod.json") is passes
    assert asked.may(action, bucket) is passes


@pytest.mark.parametrize("name", HOLDERS)
def test_keys_are_used_and_not_ended(name: str) -> None:
    state, images = (output("aws:kms/key:Key", f"{of}-key") for of in ("state", "images"))
    alias = output("aws:kms/alias:Alias", "state-key")
    asked = holder(name)
    used = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
    changes = actions("Permissions management", "Tagging", service="kms")
    ends = ("kms:DeleteAlias", "kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:UpdateAlias")

    assert {one for one in used if asked.may(one, state)} == used
    assert [
        (one, arn)
        for one in (*changes, *ends)
        for arn in (state, images, alias)
        if asked.may(one, arn)
    ] == []


@pytest.mark.parametrize("name", HOLDERS)
def test_images_are_pushed_and_none_deleted(name: str) -> None:
    repository = output("aws:ecr/repository:Repository", "images")
    asked = holder(name)
    pushes = {
        "ecr:BatchCheckLayerAvailability",
        "ecr:CompleteLayerUpload",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
    }
    changes = actions(*CHANGES, service="ecr")

    assert {one for one in changes if asked.may(one, repository)} == pushes - {
        "ecr:BatchCheckLayerAvailability"
    }
    assert asked.may("ecr:BatchCheckLayerAvailability", repository)
    assert asked.may("ecr:GetAuthorizationToken")


def test_a_role_that_it_makes_may_nothing_that_it_may_not() -> None:
    made, deploy = Role(policies=[ALL], boundary=role("deploy").boundary), role("deploy")
    resources = ("*", OWN, ADMIN, BOUNDARY, ISSUER, output("aws:s3/bucket:Bucket", "state"))
    every = actions(*CHANGES, "Read", "List")

    assert len(every) > 10_000
    assert [
        (action, arn)
        for arn in resources
        for action in every
        if made.may(action, arn, UNDER_IT) and not deploy.may(action, arn, UNDER_IT)
    ] == []


@pytest.mark.parametrize("kind", MAKERS)
def test_a_session_lasts_as_long_as_a_first_deployment(kind: str) -> None:
    made = graph().named("aws:iam/role:Role", f"github-{kind}")

    assert made.inputs["maxSessionDuration"] == 7200


def test_an_account_makes_no_review_role_by_itself() -> None:
    plain = account_graph()

    named = {made.inputs["name"] for made in plain.all("aws:iam/role:Role")}
    assert named == {*ROLES} - {"review"}
    assert "reviewRoleArn" not in plain.stack_outputs
    assert graph().stack_outputs["reviewRoleArn"].endswith(":role/stackyard-bootstrap/review")
