"""Plain pulumi and boto3 after `source .local/env`."""

import itertools
import json
import re
import sys
from dataclasses import fields

import jsonschema
import pytest

from stacks.outputs import outputs_schema
from stackyard.local.secrets import Secrets
from tests.end_to_end.running_stack import RunningStack

pytestmark = pytest.mark.end_to_end


def test_the_outputs_are_the_contract(stack: RunningStack) -> None:
    told = stack.shell("pulumi stack output --json")

    assert told.returncode == 0, told.stderr
    jsonschema.validate(json.loads(told.stdout), outputs_schema())


def test_a_preview_shows_nothing_to_do(stack: RunningStack) -> None:
    preview = stack.shell("pulumi preview --diff --expect-no-changes")

    assert preview.returncode == 0, preview.stdout + preview.stderr


def test_up_again_is_a_no_op(stack: RunningStack) -> None:
    up = stack.stackyard("local", "up", "--json")

    assert up.returncode == 0, up.stderr
    again = json.loads(up.stdout)
    assert set(again["changes"]) == {"same"}
    assert again["outputs"] == stack.outputs


WHO = f"{sys.executable} -c 'import boto3; print(boto3.client(\"sts\").get_caller_identity())'"


def test_boto3_answers_for_the_account_that_the_stack_names(stack: RunningStack) -> None:
    who = stack.shell(WHO)

    assert "'Account': '123456789012'" in who.stdout, who.stderr


def test_other_credentials_are_refused(stack: RunningStack) -> None:
    who = stack.shell(f"export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE; {WHO}")

    assert who.returncode == 1
    assert "InvalidClientTokenId" in who.stderr


@pytest.mark.parametrize("name", ["prod", "staging"])
def test_the_stacks_for_aws_preview_as_they_are(stack: RunningStack, name: str) -> None:
    preview = stack.stackyard("local", "preview", name)

    assert preview.returncode == 0, preview.stderr
    assert "to create" in preview.stdout


def test_status_names_every_part_as_ready(stack: RunningStack) -> None:
    status = stack.stackyard("local", "status", "--json")

    assert status.returncode == 0, status.stderr or status.stdout
    assert {row["state"] for row in json.loads(status.stdout)} == {"ready"}


def test_no_secret_of_the_slot_is_in_the_outputs(stack: RunningStack) -> None:
    told = stack.shell("pulumi stack output --json --show-secrets")
    secrets = words_of_secrets(stack)

    assert told.returncode == 0, told.stderr
    assert len(secrets) >= len(fields(Secrets))
    assert not [secret for secret in secrets if secret in told.stdout]


def words_of_secrets(stack: RunningStack) -> set[str]:
    """Words of the secrets' files, long enough to be secrets themselves."""
    files = [file for file in stack.layout.secrets.rglob("*") if file.is_file()]
    found = (re.findall(r"[\w+/=-]{16,}", file.read_text(errors="replace")) for file in files)
    return set(itertools.chain(*found))
