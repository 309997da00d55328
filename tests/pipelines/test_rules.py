"""What holds for every workflow, and which no linter asks for."""

import re
from collections import defaultdict

import pytest

from stackyard.local.binaries import PULUMI_VERSION
from tests.pipelines.workflows import ACTIONS, WORKFLOWS, jobs, read, steps

PIN = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", re.MULTILINE)
TRUSTED_FILE = "github.event.pull_request.head.repo.full_name == github.repository"


def test_every_foreign_action_is_pinned_by_a_sha_that_says_its_version() -> None:
    foreign = [step["uses"] for _, step in steps() if not step.get("uses", "$/").startswith("$/")]
    texts = [file.read_text() for file in (*WORKFLOWS, *ACTIONS)]

    assert len(foreign) == sum(len(PIN.findall(text)) for text in texts) > 10


def test_an_action_is_of_one_version_everywhere() -> None:
    pins: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for file in (*WORKFLOWS, *ACTIONS):
        for name, sha, version in PIN.findall(file.read_text()):
            pins[name].add((sha, version))

    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_has_no_permission_that_a_job_does_not_ask_for(file: object) -> None:
    assert read(file)["permissions"] == {}  # type: ignore[arg-type]  # a Path


def test_every_job_says_its_permissions() -> None:
    assert [where for where, job in jobs() if "permissions" not in job] == []


def test_no_job_can_write_but_what_it_must() -> None:
    written = {
        where: sorted(name for name, level in job["permissions"].items() if level == "write")
        for where, job in jobs()
    }

    assert {where: names for where, names in written.items() if names} == {
        "deploy.yml image": ["attestations", "id-token"],
        "deploy.yml plan": ["id-token"],
        "deploy.yml production": ["id-token"],
        "deploy.yml staging": ["id-token"],
        "drift.yml look": ["id-token", "issues"],
        "image.yml push": ["attestations", "id-token"],
        "pr-expired.yml down": ["id-token"],
        "pr-stack.yml down": ["id-token"],
        "pr-stack.yml up": ["id-token"],
        "preview.yml comment": ["pull-requests"],
        "preview.yml report": ["id-token"],
    }


def test_no_secret_is_asked_for() -> None:
    assert [f.name for f in (*WORKFLOWS, *ACTIONS) if "secrets." in f.read_text()] == []


def test_no_expression_is_put_into_a_script() -> None:
    assert [where for where, step in steps() if "${{" in step.get("run", "")] == []


def test_no_checkout_leaves_a_token_behind() -> None:
    kept = [
        where
        for where, step in steps()
        if step.get("uses", "").startswith("actions/checkout@")
        and step.get("with", {}).get("persist-credentials") is not False
    ]

    assert kept == []


@pytest.mark.parametrize("where", ["preview.yml report", "pr-stack.yml up", "pr-stack.yml down"])
def test_a_fork_gets_no_role(where: str) -> None:
    assert TRUSTED_FILE in dict(jobs())[where]["if"]


def test_an_update_is_never_cut_off() -> None:
    updating = {
        where: job["concurrency"]
        for where, job in jobs()
        if re.search(r"stackyard (up|pr up|pr down) ", str(job.get("steps")))
    }

    assert {where: each["group"] for where, each in updating.items()} == {
        "deploy.yml production": "stack-prod",
        "deploy.yml staging": "stack-staging",
        "pr-stack.yml down": "stack-pr-${{ github.event.pull_request.number }}",
        "pr-stack.yml up": "stack-pr-${{ github.event.pull_request.number }}",
    }
    assert {each["cancel-in-progress"] for each in updating.values()} == {False}


def test_production_runs_the_plan_that_its_reviewers_saw() -> None:
    of = {where: str(job["steps"]) for where, job in jobs() if where.startswith("deploy.yml p")}

    assert "stackyard report prod --out report" in of["deploy.yml plan"]
    assert "stackyard up prod --plan report" in of["deploy.yml production"]
    assert dict(jobs())["deploy.yml production"]["needs"] == ["image", "plan"]


def test_the_pulumi_cli_is_that_of_the_local_stack() -> None:
    (version,) = {
        step["with"]["pulumi-version"]
        for _, step in steps()
        if step.get("uses", "").startswith("pulumi/actions@")
    }

    assert version == PULUMI_VERSION
