"""Drift for people, for an issue and for machines: one line each, harmless, never too long."""

import json

import pytest

from stackyard.drift.findings import Kind, Property, SetApart
from stackyard.drift.written import LIMIT_BYTES, document, markdown, table
from tests.drift.examples import CHANGED, drift, findings
from tests.report.examples import EVIL, TOPIC
from tests.report.test_hostile import outside_code

MOVED = SetApart(urn="urn:x", name="api-production", because="a release is under way")


def test_a_table_has_a_line_a_resource_and_the_ways_out() -> None:
    gone = drift("a", Kind.GONE, "aws:s3/bucket:Bucket")

    assert table(findings(gone, CHANGED, set_apart=(MOVED,))).splitlines() == [
        "prod: 2 of 9 resources were changed outside",
        "  a      aws:s3/bucket:Bucket  gone, with its objects and their versions",
        "  topic  aws:sns/topic:Topic   tags.Name: net → other",
        "  set apart: api-production: a release is under way",
        "put it back: `pulumi refresh --stack prod` tells the state, then `stackyard up prod`",
        "keep it: write it into the program or the stack file first, then the same",
        "what was added is in no state: take it away by the id that stands beside it",
    ]


def test_no_drift_is_one_line() -> None:
    assert table(findings()) == "prod: none of 9 resources was changed outside\n"


def test_one_resource_that_two_rules_were_added_to_is_one() -> None:
    added = [drift("app", Kind.ADDED, added=f"rule {number}") for number in "12"]

    assert table(findings(*added)).startswith("prod: 1 of 9 resources was changed outside\n")


def test_many_properties_are_counted() -> None:
    many = drift(properties=[Property(path=f"p{number}") for number in range(9)])

    (line,) = [line for line in table(findings(many)).splitlines() if "p0" in line]
    assert line.endswith("; p5 changed; and 3 more")


def test_an_issue_begins_with_the_verdict_and_has_a_line_a_resource() -> None:
    lines = markdown(findings(CHANGED, set_apart=(MOVED,))).splitlines()

    assert lines[0] == "**prod: 1 of 9 resources was changed outside**"
    assert lines[2] == "- `topic` `tags.Name: net → other` · `aws:sns/topic:Topic`"
    assert lines[4] == "- set apart: `api-production`: `a release is under way`"


@pytest.mark.parametrize("many", [0, 1, 1_000])
def test_an_issue_is_never_too_long(many: int) -> None:
    long = [
        drift(EVIL * 50, properties=[Property(path="é" * 500, old=EVIL, new=EVIL)] * 20)
        for _ in range(many)
    ]
    apart = tuple(SetApart(urn="u", name=EVIL, because=EVIL) for _ in range(many))

    text = markdown(findings(*long, set_apart=apart))

    assert len(text.encode()) <= LIMIT_BYTES
    assert ("more: `stackyard drift`" in text) == (many == 1_000)


def test_hostile_names_are_code_and_nothing_else() -> None:
    evil = drift(EVIL, type_=TOPIC, properties=(Property(path=EVIL, old=EVIL, new=EVIL),))

    left = outside_code(markdown(findings(evil)))

    for word in ("<img", "<script", "@everyone", "http:", "# heading", "${", "\x1b", "\u202e"):
        assert word not in left


def test_a_terminal_gets_no_control_characters() -> None:
    text = table(findings(drift(EVIL, properties=(Property(path=EVIL, old=EVIL, new=EVIL),))))

    assert len(text.splitlines()) == 5
    assert all(line.isprintable() for line in text.splitlines())


def test_machines_get_all_of_it() -> None:
    hidden = drift("s", properties=(Property(path="value"),))

    seen = json.loads(document(findings(CHANGED, hidden, set_apart=(MOVED,))))

    assert (seen["stack"], seen["exitCode"], seen["resources"]) == ("prod", 8, 9)
    assert [each["properties"] for each in seen["drifts"]] == [
        [{"path": "tags.Name", "old": "net", "new": "other"}],
        [{"path": "value", "old": None, "new": None}],
    ]
    assert seen["setApart"] == [
        {"urn": "urn:x", "name": "api-production", "because": "a release is under way"}
    ]


def test_a_document_may_stand_anywhere() -> None:
    text = document(findings(drift(EVIL)))

    assert "<" not in text
    assert "${" not in text
