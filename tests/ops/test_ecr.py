"""The repository at AWS: found and signed in to, or one line about what is missing."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from stacks.account_settings import AccountSettings
from stacks.images import REPOSITORY
from stackyard.errors import StackyardError
from stackyard.ops.ecr import repository_of

ENV = AccountSettings(
    region="us-east-1", account_id="123456789012", owner="platform", cost_center="web"
)


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("ecr", "us-east-1")


def refusal() -> str:
    with pytest.raises(StackyardError) as problem:
        repository_of(ENV, REPOSITORY)
    (line,) = str(problem.value).splitlines()
    return line


def test_the_repository_is_that_of_account_and_region(aws: Any) -> None:
    aws.create_repository(repositoryName=REPOSITORY)

    found = repository_of(ENV, REPOSITORY)

    assert found.uri == "123456789012.dkr.ecr.us-east-1.amazonaws.com/stackyard/api"
    assert found.endpoint.startswith("https://")


def test_the_login_is_ecrs_as_a_basic_one(aws: Any) -> None:
    aws.create_repository(repositoryName=REPOSITORY)
    token = aws.get_authorization_token()["authorizationData"][0]["authorizationToken"]

    assert repository_of(ENV, REPOSITORY).authorization == f"Basic {token}"


def test_no_repository_is_a_line_with_the_command_that_makes_it() -> None:
    assert refusal() == (
        "account 123456789012 has no image repository stackyard/api in us-east-1; make it:"
        " pulumi -C bootstrap up --stack account"
    )


def test_no_right_is_a_line_that_says_where_the_rights_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, "AccessDeniedException", "you may not ecr:DescribeRepositories")

    assert refusal() == (
        "these credentials may not use ECR: you may not ecr:DescribeRepositories; the rights"
        " stand in docs/image.md"
    )


def test_any_other_refusal_is_told_in_ecrs_words(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "ServerException", "try later")

    assert refusal() == "ECR says of the repository stackyard/api: ServerException: try later"


def test_an_ecr_that_is_not_reached_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreached(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://api.ecr")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", unreached)

    assert refusal().startswith("ECR in us-east-1 does not answer: Could not connect")


def answer(monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> None:
    """Every call of the SDK is refused so."""

    def refuse(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "DescribeRepositories")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
