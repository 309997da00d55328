"""Whom GitHub's tokens make: the right workflow of the right repository, and nobody else."""

import json
from typing import Any

import pytest

from tests.graph.accounts import account_graph
from tests.graph.iam_decision import trusts_token
from tests.graph.pipeline_roles import ISSUER, graph, trust

NUMBERED = "octo-org@123456/shop@456789"
WORKFLOWS = "octo-org/shop/.github/workflows"
PULL_REQUEST = {
    "aud": "sts.amazonaws.com",
    "sub": f"repo:{NUMBERED}:pull_request",
    "job_workflow_ref": f"{WORKFLOWS}/preview.yml@refs/pull/7/merge",
    "repository": "octo-org/shop",
    "ref": "refs/pull/7/merge",
    "event_name": "pull_request",
}
SCHEDULE = {
    "aud": "sts.amazonaws.com",
    "sub": f"repo:{NUMBERED}:ref:refs/heads/main",
    "job_workflow_ref": f"{WORKFLOWS}/drift.yml@refs/heads/main",
    "ref": "refs/heads/main",
}
DEPLOYMENT = {
    "aud": "sts.amazonaws.com",
    "sub": f"repo:{NUMBERED}:environment:production",
    "job_workflow_ref": f"{WORKFLOWS}/deploy.yml@refs/heads/main",
    "environment": "production",
    "ref": "refs/heads/main",
}
REVIEW = {
    **PULL_REQUEST,
    "sub": f"repo:{NUMBERED}:environment:review",
    "job_workflow_ref": f"{WORKFLOWS}/pr-stack.yml@refs/pull/7/merge",
    "environment": "review",
}
TOKENS = {
    "preview": PULL_REQUEST,
    "drift": SCHEDULE,
    "deploy": DEPLOYMENT,
    "review": REVIEW,
}
FOREIGN: tuple[tuple[str, dict[str, str]], ...] = (
    ("another audience", {"aud": "https://github.com/octo-org"}),
    ("another repository", {"sub": "repo:octo-org@123456/other@456790:{context}"}),
    ("the name taken by another owner", {"sub": "repo:octo-org@999/shop@456789:{context}"}),
    ("the name taken by another repository", {"sub": "repo:octo-org@123456/shop@999:{context}"}),
    ("the names alone", {"sub": "repo:octo-org/shop:{context}"}),
    ("a fork's own run", {"sub": "repo:mallory@666/shop@777:{context}"}),
    ("a longer name", {"sub": "repo:octo-org@123456/shop@4567890:{context}"}),
    ("another branch", {"sub": f"repo:{NUMBERED}:ref:refs/heads/topic"}),
    ("a tag called like the branch", {"sub": f"repo:{NUMBERED}:ref:refs/tags/main"}),
    ("another environment", {"sub": f"repo:{NUMBERED}:environment:preview"}),
    ("another workflow", {"job_workflow_ref": f"{WORKFLOWS}/other.yml@{{ref}}"}),
    ("a workflow of a topic branch", {"job_workflow_ref": f"{WORKFLOWS}/{{file}}@refs/heads/x"}),
    (
        "another repository's workflow",
        {"job_workflow_ref": "mallory/shop/.github/workflows/{file}@{ref}"},
    ),
    ("no workflow", {"job_workflow_ref": ""}),
)


def changed(token: dict[str, str], change: dict[str, str]) -> dict[str, str]:
    """The token with some claims of another, those that are empty left out."""
    context = token["sub"].split(":", 2)[2]
    file, _, ref = token["job_workflow_ref"].rpartition("/workflows/")[2].partition("@")
    words = {"context": context, "file": file, "ref": ref}
    other = {claim: value.format_map(words) for claim, value in change.items()}
    return {claim: value for claim, value in {**token, **other}.items() if value}


@pytest.mark.parametrize("kind", TOKENS)
def test_the_right_workflow_comes_in(kind: str) -> None:
    assert trusts_token(trust(kind), ISSUER, TOKENS[kind])


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize(("_who", "change"), FOREIGN, ids=[who for who, _ in FOREIGN])
def test_nobody_else_does(kind: str, _who: str, change: dict[str, str]) -> None:
    assert not trusts_token(trust(kind), ISSUER, changed(TOKENS[kind], change))


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("other", TOKENS)
def test_a_token_makes_one_role_alone(kind: str, other: str) -> None:
    assert trusts_token(trust(kind), ISSUER, TOKENS[other]) is (kind == other)


def test_a_pull_request_makes_no_deployment_by_naming_its_workflow() -> None:
    change = {"job_workflow_ref": f"{WORKFLOWS}/deploy.yml@refs/pull/7/merge"}

    assert not trusts_token(trust("deploy"), ISSUER, {**DEPLOYMENT, **change})


@pytest.mark.parametrize("file", ["pr-stack.yml", "pr-expired.yml"])
def test_a_review_stack_ends_by_the_branchs_workflow(file: str) -> None:
    # The first once its pull request is merged, the second each hour.
    ends = {"job_workflow_ref": f"{WORKFLOWS}/{file}@refs/heads/main"}

    assert trusts_token(trust("review"), ISSUER, {**REVIEW, **ends})
    assert not trusts_token(trust("review"), ISSUER, {**SCHEDULE, **ends})


@pytest.mark.parametrize(
    ("_who", "workflow"),
    [
        ("the end, as a pull request has it", "pr-expired.yml@refs/pull/7/merge"),
        ("a deployment that names the environment", "deploy.yml@refs/heads/main"),
        ("a branch pushed", "pr-stack.yml@refs/heads/refs/pull/7/merge"),
        ("a tag", "pr-stack.yml@refs/tags/main"),
        ("the head of a pull request", "pr-stack.yml@refs/pull/7/head"),
    ],
)
def test_no_other_workflow_makes_review_stacks(_who: str, workflow: str) -> None:
    change = {"job_workflow_ref": f"{WORKFLOWS}/{workflow}"}

    assert not trusts_token(trust("review"), ISSUER, {**REVIEW, **change})


@pytest.mark.parametrize("kind", ["preview", "drift", "deploy"])
def test_the_environment_of_reviews_opens_no_other_role(kind: str) -> None:
    in_review = changed(TOKENS[kind], {"sub": f"repo:{NUMBERED}:environment:review"})

    assert not trusts_token(trust(kind), ISSUER, in_review)


def test_a_trusted_base_that_runs_a_foreign_pull_request_gets_no_preview() -> None:
    # What pull_request_target gives: the base's workflow, the base's ref.
    change = {"job_workflow_ref": f"{WORKFLOWS}/preview.yml@refs/heads/main"}

    assert not trusts_token(trust("preview"), ISSUER, {**PULL_REQUEST, **change})


@pytest.mark.parametrize("kind", TOKENS)
def test_no_subject_and_no_audience_is_a_pattern(kind: str) -> None:
    (statement,) = json.loads(trust(kind))["Statement"]
    exact = statement["Condition"]["StringEquals"]

    assert set(exact) >= {f"{ISSUER.rpartition('/')[2]}:{claim}" for claim in ("aud", "sub")}
    assert "*" not in json.dumps(exact)
    assert statement["Principal"] == {"Federated": ISSUER}


def test_a_repository_without_numbers_is_trusted_by_its_names() -> None:
    by_name = trust("deploy", ownerId=None, repositoryId=None)
    old = {**DEPLOYMENT, "sub": "repo:octo-org/shop:environment:production"}

    assert trusts_token(by_name, ISSUER, old)
    assert not trusts_token(by_name, ISSUER, DEPLOYMENT)


@pytest.mark.parametrize(
    ("kind", "setting", "claims"),
    [
        (
            "deploy",
            {"environments": ["live"]},
            {"sub": f"repo:{NUMBERED}:environment:live"},
        ),
        (
            "deploy",
            {"deployWorkflows": ["deploy.yml", "review.yml"]},
            {"job_workflow_ref": f"{WORKFLOWS}/review.yml@refs/heads/main"},
        ),
        (
            "deploy",
            {"branch": "release/1"},
            {"job_workflow_ref": f"{WORKFLOWS}/deploy.yml@refs/heads/release/1"},
        ),
        (
            "review",
            {"branch": "trunk"},
            {"job_workflow_ref": f"{WORKFLOWS}/pr-expired.yml@refs/heads/trunk"},
        ),
        (
            "preview",
            {"previewWorkflow": "plan.yaml"},
            {"job_workflow_ref": f"{WORKFLOWS}/plan.yaml@refs/pull/1/merge"},
        ),
        (
            "drift",
            {"driftWorkflows": ["drift.yml", "nightly.yml"]},
            {"job_workflow_ref": f"{WORKFLOWS}/nightly.yml@refs/heads/main"},
        ),
    ],
)
def test_a_setting_says_who_comes_in(
    kind: str, setting: dict[str, Any], claims: dict[str, str]
) -> None:
    token = {**TOKENS[kind], **claims}

    assert trusts_token(trust(kind, **setting), ISSUER, token)
    assert not trusts_token(trust(kind), ISSUER, token)


def test_a_provider_that_is_there_is_trusted_and_not_made_again() -> None:
    there = account_graph(github={"providerExists": True})

    assert there.all("OpenIdConnectProvider") == []
    assert trusts_token(trust("deploy", providerExists=True), ISSUER, DEPLOYMENT)


def test_the_provider_takes_tokens_for_aws_alone() -> None:
    provider = graph().one("OpenIdConnectProvider").inputs

    assert provider["url"] == "https://token.actions.githubusercontent.com"
    assert provider["clientIdLists"] == ["sts.amazonaws.com"]
