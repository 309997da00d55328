"""Whose the credentials are: asked of STS before the first resource."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stacks.load import load
from stacks.settings import EnvSettings
from stackyard.errors import AccountFaultError
from stackyard.ops.identity import check_identity, check_region
from tests.reliability import Record
from tests.stacks.examples import prod_with

FILE, OURS, THEIRS = "Pulumi.prod.yaml", "123456789012", "111122223333"
EXPIRED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
<Type>Sender</Type><Code>ExpiredToken</Code>
<Message>The security token included in the request is expired</Message>
</Error><RequestId>1</RequestId></ErrorResponse>"""


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment of nobody's: no profile, no role of the machine, no endpoint."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def env(**changed: object) -> EnvSettings:
    return load(FILE, prod_with("env", **changed)).env


def become(monkeypatch: pytest.MonkeyPatch, key: str, secret: str, token: str | None) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)


def become_account(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    """Credentials of an account, as moto's STS gives them for a role in it."""
    sts: Any = boto3.client("sts", "us-east-1")
    role = f"arn:aws:iam::{account}:role/deploy"
    given = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    become(monkeypatch, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@contextmanager
def sts_that_answers(status: int, body: bytes) -> Iterator[str]:
    """An STS of one answer, for what moto does not know: the parsing of errors is botocore's."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            del format, args

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@mock_aws
def test_credentials_of_the_stacks_account_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    become_account(monkeypatch, OURS)

    check_identity(env(accountId=OURS), FILE)


@mock_aws
@pytest.mark.fault("account", "credentials of another account")
def test_credentials_of_another_account_are_refused_with_both_ids(
    monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    become_account(monkeypatch, THEIRS)

    with pytest.raises(AccountFaultError, match="nothing was touched") as caught:
        check_identity(env(accountId=OURS), FILE)

    assert f"env.accountId: is {OURS}, the credentials are of account {THEIRS}" in str(caught.value)
    assert caught.value.exit_code == 4
    record_property("seen", "exit code 4 with both account ids, before the first resource")


@pytest.mark.fault("account", "a region that does not exist")
def test_a_misspelt_region_is_refused_before_anybody_is_asked(record_property: Record) -> None:
    with pytest.raises(AccountFaultError, match=r"env\.region: is us-esat-1, which AWS") as caught:
        check_identity(env(region="us-esat-1"), FILE)

    assert "us-east-1" in str(caught.value)
    record_property("seen", "exit code 4 with the regions there are; AWS is not asked")


@pytest.mark.fault("account", "no credentials")
def test_without_credentials_one_line_says_how_to_get_them(record_property: Record) -> None:
    with pytest.raises(AccountFaultError, match="no AWS credentials here") as caught:
        check_identity(env(), FILE)

    assert len(str(caught.value).splitlines()) == 1
    record_property("seen", "exit code 4 and one line with the way to get them")


@pytest.mark.fault("account", "an expired token")
def test_an_expired_token_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    become(monkeypatch, "ASIA", "secret", "token")

    with sts_that_answers(403, EXPIRED) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint)
        with pytest.raises(AccountFaultError, match="credentials have expired") as caught:
            check_identity(env(), FILE)

    assert len(str(caught.value).splitlines()) == 1
    record_property("seen", "exit code 4 and one line: take new ones")


def test_credentials_that_aws_refuses_are_told_with_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    become(monkeypatch, "AKIA", "secret", None)
    refusal = EXPIRED.replace(b"ExpiredToken", b"InvalidClientTokenId")

    with sts_that_answers(403, refusal) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint)
        with pytest.raises(AccountFaultError, match="InvalidClientTokenId: The security token"):
            check_identity(env(), FILE)


def test_an_sts_that_does_not_answer_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, "AKIA", "secret", None)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")

    with pytest.raises(AccountFaultError, match="AWS does not answer"):
        check_identity(env(), FILE)


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobodys")

    with pytest.raises(AccountFaultError, match="nobodys"):
        check_identity(env(), FILE)


def standing_in(region: str) -> dict[str, Any]:
    aws = {"type": "pulumi:providers:aws", "inputs": {"region": region}}
    return {"resources": [{"type": "pulumi:pulumi:Stack"}, aws]}


@pytest.mark.fault("account", "another region in the stack file of a stack that stands")
def test_a_stack_that_stands_in_another_region_is_not_moved(record_property: Record) -> None:
    with pytest.raises(AccountFaultError, match="is eu-west-1, the stack stands in us-east-1"):
        check_region(env(region="eu-west-1"), FILE, standing_in("us-east-1"))

    record_property("seen", "exit code 4 with both regions, before the first resource")


@pytest.mark.parametrize("deployment", [standing_in("us-east-1"), {"resources": []}, {}])
def test_the_same_region_and_an_empty_stack_pass(deployment: dict[str, Any]) -> None:
    check_region(env(region="us-east-1"), FILE, deployment)
