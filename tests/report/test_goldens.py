"""What the report says of changes as the real engine previewed them (make report-goldens)."""

import json

import pytest

from stackyard.report.change import Operation
from stackyard.report.danger import Level
from stackyard.report.document import document
from stackyard.report.html import page
from stackyard.report.markdown import markdown
from stackyard.report.verdict import exit_code
from tests.report.examples import GOLDENS, golden
from tests.report.goldens import CANARY, CHANGES

ALL = sorted(["first-deployment", "destroy", *CHANGES])


def test_every_golden_change_is_there() -> None:
    assert sorted(folder.name for folder in GOLDENS.iterdir() if folder.is_dir()) == ALL


@pytest.mark.parametrize(
    ("name", "risk", "code", "worst"),
    [
        ("first-deployment", Level.LOW, 0, None),
        ("nothing", Level.NONE, 0, None),
        ("image", Level.LOW, 0, None),
        ("cache-described", Level.LOW, 0, None),
        ("engine-upgrade", Level.HIGH, 11, "engine-upgrade"),
        ("subnet-replaced", Level.HIGH, 11, "replace"),
        ("database-replaced", Level.CRITICAL, 6, "stateful-replace"),
        ("group-opened", Level.HIGH, 11, "group-opened"),
        ("role-widened", Level.HIGH, 11, "access-widened"),
        ("weights", Level.MEDIUM, 10, "weights"),
        ("secret-plain", Level.HIGH, 11, "secret-plain"),
        ("protection-off", Level.HIGH, 11, "protection-off"),
        ("instance-class", Level.MEDIUM, 10, "restart"),
        ("topic-removed", Level.MEDIUM, 10, "delete"),
        ("destroy", Level.CRITICAL, 6, "stateful-delete"),
    ],
)
def test_the_risk_is_that_of_the_worst_danger(
    name: str, risk: Level, code: int, worst: str | None
) -> None:
    report = golden(name)

    assert (report.risk, exit_code(report)) == (risk, code)
    assert (report.dangers[0].kind if report.dangers else None) == worst


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("engine-upgrade", "engineVersion: 8.0.mysql_aurora.3.10.0 → 8.0.mysql_aurora.3.11.0"),
        ("subnet-replaced", "`subnet-a` is replaced: forced by `availabilityZone`"),
        ("database-replaced", "losing the database: forced by `databaseName`"),
        ("group-opened", "to the whole internet: `0.0.0.0/0, port 22`"),
        ("role-widened", "`action kms:Decrypt`, `action s3:*`"),
        ("weights", "100 → 0`, `green"),
        ("secret-plain", "`token` shows a secret as plain text"),
        ("protection-off", "`files` loses protection: `protect: true → false`"),
        ("instance-class", "instanceClass: db.r6g.large → db.r6g.xlarge"),
        ("topic-removed", "`alarms` is deleted"),
        ("destroy", "is deleted, losing"),
    ],
)
def test_the_most_dangerous_fact_is_in_the_first_three_lines(name: str, fact: str) -> None:
    head = "\n".join(markdown(golden(name)).splitlines()[:3])

    assert fact in head


def test_a_replaced_subnet_names_what_depends_on_it() -> None:
    (blast,) = golden("subnet-replaced").blasts

    assert (blast.name, blast.size) == ("subnet-a", 7)
    assert blast.stateful == ("cache", "database", "database-writer")


def test_a_destroy_deletes_all_and_says_so_once_for_each() -> None:
    report = golden("destroy")

    assert report.counts == {Operation.DELETE: 20}
    assert len({danger.urn for danger in report.dangers}) == len(report.dangers) == 20


@pytest.mark.parametrize("name", ALL)
def test_a_secret_of_the_stack_is_in_no_artefact(name: str) -> None:
    report = golden(name)

    for text in (markdown(report), page(report), document(report)):
        assert CANARY not in text


@pytest.mark.parametrize("name", sorted(set(ALL) - {"secret-plain"}))
def test_a_secret_of_the_stack_is_in_no_preview_event_log_or_state(name: str) -> None:
    files = [GOLDENS / name / "preview.json", GOLDENS / name / "events.jsonl"]

    assert not [file for file in (*files, GOLDENS / "state.json") if CANARY in file.read_text()]


@pytest.mark.parametrize("name", ALL)
def test_the_same_change_gives_the_same_bytes(name: str) -> None:
    first, second = golden(name), golden(name)

    assert markdown(first) == markdown(second)
    assert page(first) == page(second)
    assert document(first) == document(second)


@pytest.mark.parametrize("name", ALL)
def test_a_comment_says_which_stack_it_is_of(name: str) -> None:
    assert "<!-- stackyard report shop/test -->" in markdown(golden(name))


def test_golden_files_are_small() -> None:
    sizes = [file.stat().st_size for file in GOLDENS.rglob("*") if file.is_file()]

    assert sum(sizes) < 500_000


def test_golden_files_are_json_on_one_line_each() -> None:
    for file in GOLDENS.rglob("preview.json"):
        assert isinstance(json.loads(file.read_text())["steps"], list)
