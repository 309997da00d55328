"""Roles are taken where bootstrap's trust policies let jobs in, and the policies let in no more.

A job's tokens are made here of its workflow by GitHub's "OpenID Connect reference" and "Events that
trigger workflows"; GitHub gave out none of them.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.graph.iam_decision import trusts_token
from tests.graph.pipeline_roles import ISSUER, trust
from tests.pipelines.workflows import WORKFLOWS, read

ROLES = ("preview", "drift", "deploy", "review")
REPOSITORY, SUBJECT = "octo-org/shop", "octo-org@123456/shop@456789"
TAKES = re.compile(r"\$\{\{ vars\.(\w+)_ROLE_ARN \}\}")
CALLS = "$/.github/workflows/"
MAIN, PULL_REQUEST = "refs/heads/main", "refs/pull/7/merge"
CLAIM = ISSUER.rpartition("/")[2]


class Token(NamedTuple):
    """What a role looks at, besides the audience."""

    sub: str
    job_workflow_ref: str


class Taken(NamedTuple):
    """A job with the role that it takes, and every token that GitHub may give it."""

    where: str
    role: str
    tokens: frozenset[Token]


def refs(file: Path) -> Iterator[str]:
    """Where a workflow runs by its events; one that is called, where its callers do."""
    for event, about in read(file)["on"].items():
        match event:
            case "pull_request":
                yield PULL_REQUEST
                if "closed" in (about or {}).get("types", ()):
                    # A pull request that was merged is closed on the branch.
                    yield MAIN
            case "push":
                yield from (f"refs/heads/{branch}" for branch in about["branches"])
            case "schedule" | "workflow_dispatch":
                yield MAIN
            case "workflow_call":
                for caller in WORKFLOWS:
                    called = [job.get("uses") for job in read(caller)["jobs"].values()]
                    if f"{CALLS}{file.name}" in called:
                        yield from refs(caller)
            case _:
                raise LookupError(f"{file.name}: event {event} is not known here")


def token(file: Path, job: dict[str, Any], ref: str) -> Token:
    environment = job.get("environment")
    if isinstance(environment, dict):
        environment = environment["name"]
    if environment is not None:
        context = f"environment:{environment}"
    else:
        context = "pull_request" if ref == PULL_REQUEST else f"ref:{ref}"
    workflow = f"{REPOSITORY}/.github/workflows/{file.name}@{ref}"
    return Token(sub=f"repo:{SUBJECT}:{context}", job_workflow_ref=workflow)


def taken() -> list[Taken]:
    return [
        Taken(
            where=f"{file.name} {name}",
            role=role[1].lower(),
            tokens=frozenset(token(file, job, ref) for ref in refs(file)),
        )
        for file in WORKFLOWS
        for name, job in read(file)["jobs"].items()
        for step in job.get("steps", [])
        if (role := TAKES.fullmatch(step.get("with", {}).get("role-to-assume", "")))
    ]


TAKEN = taken()


def lets_in(role: str, shown: Token) -> bool:
    return trusts_token(trust(role), ISSUER, {"aud": "sts.amazonaws.com", **shown._asdict()})


def test_every_role_of_bootstrap_is_taken() -> None:
    assert {one.role for one in TAKEN} == set(ROLES)
    assert all(one.tokens for one in TAKEN)


@pytest.mark.parametrize("one", TAKEN, ids=lambda one: one.where)
def test_a_job_may_take_its_role_and_no_other(one: Taken) -> None:
    allowed = {(role, each) for role in ROLES for each in one.tokens if lets_in(role, each)}

    assert allowed == {(one.role, each) for each in one.tokens}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_open_to_nothing_that_no_job_shows(role: str) -> None:
    (statement,) = json.loads(trust(role))["Statement"]
    claims = {
        claim: set(values) if isinstance(values, list) else {values}
        for of_operator in statement["Condition"].values()
        for claim, values in of_operator.items()
    }
    shown = [each for one in TAKEN if one.role == role for each in one.tokens]

    assert claims == {
        f"{CLAIM}:aud": {"sts.amazonaws.com"},
        f"{CLAIM}:sub": {each.sub for each in shown},
        f"{CLAIM}:job_workflow_ref": {
            each.job_workflow_ref.replace(PULL_REQUEST, "refs/pull/*/merge") for each in shown
        },
    }


@pytest.mark.parametrize("one", TAKEN, ids=lambda one: one.where)
def test_a_fork_is_let_in_nowhere(one: Taken) -> None:
    foreign = [
        each._replace(sub=each.sub.replace(SUBJECT, "mallory@6/shop@7")) for each in one.tokens
    ]

    assert [each for each in foreign for role in ROLES if lets_in(role, each)] == []
