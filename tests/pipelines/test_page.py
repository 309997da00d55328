"""docs/pipelines.md names every workflow, and all that has to be set up for them."""

import re

from tests.pipelines.workflows import ACTIONS, ROOT, WORKFLOWS, jobs

PAGE = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
TEXTS = [file.read_text(encoding="utf-8") for file in (*WORKFLOWS, *ACTIONS)]


def test_every_workflow_has_its_row() -> None:
    rows = re.findall(r"^\| \[`([a-z-]+)`\]\(\.\./\.github/workflows/\1\.yml\)", PAGE, re.MULTILINE)

    assert sorted(rows) == [file.stem for file in WORKFLOWS]


def test_every_variable_is_named() -> None:
    used = {name for text in TEXTS for name in re.findall(r"vars\.(\w+)", text)}

    assert used == {
        "ATTESTATIONS", "AWS_REGION", "DEPLOY_ROLE_ARN", "DRIFT_ROLE_ARN", "PREVIEW_ROLE_ARN",
        "REVIEW_ROLE_ARN", "REVIEW_STATE_BACKEND_URL", "RUNNER", "STATE_BACKEND_URL",
    }  # fmt: skip
    assert [name for name in used if name not in PAGE] == []


def test_every_environment_is_named() -> None:
    used = {str(job["environment"]) for _, job in jobs() if isinstance(job.get("environment"), str)}

    assert used == {"staging", "production", "review"}
    assert [name for name in used if f"environment:{name}" not in PAGE] == []
