"""What bootstrap/'s stack file may say: every problem of it at once, a line each."""

from typing import Any

import pulumi
import pytest

from bootstrap.program import main
from stackyard.graph.recorder import record
from tests.graph.accounts import PROJECT, account_config, account_graph

FILE = "bootstrap/Pulumi.account.yaml"


@pytest.mark.parametrize(
    ("section", "changed", "says"),
    [
        ("env", {"region": "virginia"}, "env.region: 'virginia' does not have the form"),
        ("env", {"accountId": 123}, "env.accountId: 123 is not a string"),
        ("env", {"size": "small"}, "env.size: is no known key; known: accountId, costCenter,"),
        ("env", {"protect": "no"}, "env.protect: 'no' is not true or false"),
        (
            "state",
            {"bucket": "State_Of_All"},
            "state.bucket: 'State_Of_All' does not have the form",
        ),
        (
            "state",
            {"oldVersionDays": 1},
            "state.oldVersionDays: 1 is less than 7, the smallest allowed",
        ),
        (
            "state",
            {"oldVersionDays": 3651},
            "state.oldVersionDays: 3651 is more than 3650, the largest allowed",
        ),
        (
            "github",
            {"repository": "https://github.com/octo-org/shop"},
            "github.repository: 'https://github.com/octo-org/shop' does not have the form",
        ),
        ("github", {"repository": "octo-org/*"}, "github.repository: 'octo-org/*' does not have"),
        ("github", {"repositoryId": None}, "github: ownerId is given without repositoryId;"),
        ("github", {"ownerId": None}, "github: repositoryId is given without ownerId;"),
        ("github", {"ownerId": 123456}, "github.ownerId: 123456 is not a string"),
        ("github", {"branch": "*"}, "github.branch: '*' does not have the form"),
        ("github", {"environments": []}, "github.environments: is empty; name one at least"),
        ("github", {"deployWorkflows": []}, "github.deployWorkflows: is empty; name one at"),
        (
            "github",
            {"environments": ["live", "live"]},
            "github.environments: live: given more than once; keep one",
        ),
        (
            "github",
            {"environments": ["staging", "pr:*"]},
            "github.environments.1: 'pr:*' does not have the form",
        ),
        (
            "github",
            {"deployWorkflows": ["deploy"]},
            "github.deployWorkflows.0: 'deploy' does not have the form",
        ),
        (
            "github",
            {"driftWorkflows": [".github/workflows/drift.yml"]},
            "github.driftWorkflows.0: '.github/workflows/drift.yml' does not have the form",
        ),
        ("github", {"driftWorkflows": []}, "github.driftWorkflows: is empty; name one at"),
        (
            "github",
            {"driftWorkflows": ["drift.yml", "drift.yml"]},
            "github.driftWorkflows: drift.yml: given more than once; keep one",
        ),
        ("github", {"reviewStacks": "on"}, "github.reviewStacks: 'on' is not true or false"),
        ("github", {"enviroments": ["a"]}, "github.enviroments: is no known key; did you mean"),
    ],
)
def test_a_wrong_file_is_a_line_a_problem(section: str, changed: dict[str, Any], says: str) -> None:
    with pytest.raises(pulumi.RunError) as told:
        account_graph(**{section: changed})

    assert str(told.value).startswith(f"{FILE}: {says}")
    assert len(str(told.value).splitlines()) == 1


def test_a_form_is_shown_by_an_example() -> None:
    with pytest.raises(pulumi.RunError, match="like 'acme-pulumi-state'; Name of the bucket"):
        account_graph(state={"bucket": "State_Of_All"})


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(pulumi.RunError) as told:
        account_graph(env={"region": "x"}, state={"bucket": "X"}, github={"branch": "-"})

    assert [line.split(":")[1].strip() for line in str(told.value).splitlines()] == [
        "env.region",
        "state.bucket",
        "github.branch",
    ]


def test_a_missing_key_says_what_it_is() -> None:
    with pytest.raises(pulumi.RunError, match="env: is missing; Account, region, owner"):
        record(main, project=PROJECT, stack="account")


def test_the_bucket_is_called_after_account_and_region() -> None:
    bucket = account_graph(env={"region": "eu-west-1"}).one("aws:s3/bucket:Bucket")

    assert bucket.inputs["bucket"] == "stackyard-state-123456789012-eu-west-1"


@pytest.mark.parametrize("name", ["abc", "a" * 63, "0-9"])
def test_a_bucket_may_have_a_name_of_ones_own(name: str) -> None:
    bucket = account_graph(state={"bucket": name}).one("aws:s3/bucket:Bucket")

    assert bucket.inputs["bucket"] == name


@pytest.mark.parametrize(
    "repository", ["a/b", "octo-org/shop.api_2", "Octo_corp/Shop", f"{'a' * 39}/{'b' * 100}"]
)
def test_a_repository_is_an_owner_and_a_name(repository: str) -> None:
    graph = account_graph(github={"repository": repository})

    assert repository in graph.named("aws:iam/role:Role", "github-drift").inputs["assumeRolePolicy"]


def test_without_a_repository_there_is_no_role() -> None:
    config = account_config()
    del config[f"{PROJECT}:github"]

    graph = record(main, project=PROJECT, stack="account", config=config)

    assert [reg.urn for reg in graph.values() if ":iam/" in reg.type] == []
