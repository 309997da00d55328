"""zizmor, actionlint and GitHub's own schemas have nothing to say of the workflows."""

import shutil
from pathlib import Path

import pytest

from tests.pipelines.workflows import ACTIONS, FOLDER, WORKFLOWS, lint

# No account of GitHub's is asked: what only it knows, such as whether a SHA is the tag's, is not
# checked here.
ZIZMOR = ("zizmor", "--offline", "--no-progress", "--no-config", "--no-ignores")
READS = "    permissions:\n      contents: read\n      id-token: write\n"
SCHEMA = ("check-jsonschema", "--builtin-schema")


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A copy of the workflows, to plant a fault in."""
    # actionlint finds the actions of a repository by its folder .git.
    (tmp_path / ".git").mkdir()
    return Path(shutil.copytree(FOLDER, tmp_path / ".github"))


def plant(file: Path, was: str, fault: str) -> None:
    text = file.read_text()
    assert was in text
    file.write_text(text.replace(was, fault, 1))


def test_zizmor_finds_nothing() -> None:
    found = lint(*ZIZMOR, ".github")

    assert (found.code, "No findings to report" in found.said) == (0, True), found.said


def test_actionlint_finds_nothing() -> None:
    found = lint("actionlint", *map(str, WORKFLOWS))

    assert (found.code, found.said) == (0, "")


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", ACTIONS),
        ("vendor.dependabot", [FOLDER / "dependabot.yml"]),
    ],
)
def test_githubs_schemas_are_kept(schema: str, files: list[Path]) -> None:
    found = lint(*SCHEMA, schema, *map(str, files))

    assert files
    assert found.code == 0, found.said


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("        with:\n          persist-credentials: false\n", "", "artipacked"),
        (READS, "    permissions: write-all\n", "excessive-permissions"),
        ('--key "report-$STACK"', '--key "${{ github.head_ref }}"', "template-injection"),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
    ],
)
def test_zizmor_finds_what_is_planted(planted: Path, was: str, fault: str, rule: str) -> None:
    plant(planted / "workflows" / "preview.yml", was, fault)

    found = lint(*ZIZMOR, str(planted))

    assert found.code != 0
    assert f"[{rule}]" in found.said


@pytest.mark.parametrize(
    ("was", "fault", "says"),
    [
        ("matrix.stack }}", "matrix.stak }}", 'property "stak" is not defined'),
        ("needs: report", "needs: rapport", "rapport"),
        ('pulumi: "false"', 'plumi: "false"', "plumi"),
    ],
)
def test_actionlint_finds_what_is_planted(planted: Path, was: str, fault: str, says: str) -> None:
    file = planted / "workflows" / "preview.yml"
    plant(file, was, fault)

    found = lint("actionlint", str(file), at=planted.parent)

    assert found.code == 1
    assert says in found.said


def test_the_schema_finds_what_is_planted(planted: Path) -> None:
    file = planted / "workflows" / "preview.yml"
    plant(file, "timeout-minutes: 30", "timeout-minutes: soon")

    found = lint(*SCHEMA, "vendor.github-workflows", str(file))

    assert found.code == 1
    assert "soon" in found.said
