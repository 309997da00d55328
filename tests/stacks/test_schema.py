"""The JSON Schema that editors use: it takes the stack files, and marks what `load` refuses."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from stacks.load import SettingsError, load
from stacks.schema import settings_of_schema, settings_schema, written
from tests.graph.setting_changes import OTHER
from tests.stacks.examples import PROD, prod_with

ROOT = Path(__file__).parents[2]
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))
FILE = "Pulumi.prod.yaml"
SCHEMA = settings_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def marked(sections: dict[str, Any]) -> list[str]:
    """Where an editor would draw its red lines, the namespace left out."""
    content = {"config": {f"stackyard:{name}": keys for name, keys in sections.items()}}
    found = (error.absolute_path for error in VALIDATOR.iter_errors(content))
    return sorted(".".join(map(str, list(path)[1:])).removeprefix("stackyard:") for path in found)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.name)
def test_a_stack_file_names_the_schema_in_its_first_line_and_keeps_to_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert text.splitlines()[0] == "# yaml-language-server: $schema=stacks/settings.schema.json"
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize(
    ("section", "keys", "where"),
    [
        ("database", {"readers": 16}, "database.readers"),
        ("database", {"readers": "1"}, "database.readers"),
        ("database", {"reader": 1}, "database"),
        ("database", {"backupDays": 6}, "database.backupDays"),
        ("database", {"backupWindow": "7-9"}, "database.backupWindow"),
        ("database", {"maintenanceWindow": "04:00-05:00"}, "database.maintenanceWindow"),
        ("database", {"acuMin": 0.7}, "database.acuMin"),
        ("cache", {"role": "queue"}, "cache.role"),
        ("network", {"zones": ["a"]}, "network.zones"),
        ("network", {"zones": ["a", "a"]}, "network.zones"),
        ("network", {"zones": ["a", "z"]}, "network.zones.1"),
        ("network", {"interfaceEndpoints": ["sts", "sts"]}, "network.interfaceEndpoints"),
        ("app", {"image": "registry.example.com/api:latest"}, "app.image"),
        ("app", {"env": {"LEVEL": 3}}, "app.env.LEVEL"),
        ("cluster", {"version": "1.19"}, "cluster.version"),
        ("cluster", {"instanceTypes": []}, "cluster.instanceTypes"),
        ("cluster", {"adminRoleArns": ["admin"]}, "cluster.adminRoleArns.0"),
        ("cluster", {"viewerRoleArns": ["viewer"]}, "cluster.viewerRoleArns.0"),
        ("env", {"accountId": 123456789012}, "env.accountId"),
        ("env", {"size": "huge"}, "env.size"),
        ("edge", {"allowPlainOrigin": "no"}, "edge.allowPlainOrigin"),
        ("observe", {"logDays": 8}, "observe.logDays"),
        ("release", {"maxErrorPercent": 0}, "release.maxErrorPercent"),
        ("release", {"alarms": ["lag", "lag"]}, "release.alarms"),
    ],
)
def test_an_editor_marks_what_the_program_refuses(
    section: str, keys: dict[str, Any], where: str
) -> None:
    given = prod_with(section, **keys)

    assert marked(given) == [where]
    with pytest.raises(SettingsError):
        load(FILE, given)


def test_an_editor_marks_a_section_that_is_misspelt_or_missing() -> None:
    assert marked({**PROD, "cach": {}}) == [""]
    assert marked({"env": PROD["env"]}) == [""]


def test_keys_of_the_engine_and_its_providers_are_taken() -> None:
    content = {
        "config": {
            "aws:region": "eu-west-1",
            **{f"stackyard:{name}": keys for name, keys in PROD.items()},
        },
        "encryptionsalt": "v1:abc",
    }

    assert list(VALIDATOR.iter_errors(content)) == []


@pytest.mark.parametrize("path", OTHER)
def test_a_value_that_the_program_takes_is_not_marked(path: str) -> None:
    section, key = path.split(".")

    assert marked(prod_with(section, **{key: OTHER[path]})) == []


def test_every_setting_says_what_it_is_in_one_line() -> None:
    silent = [
        path
        for path, about in settings_of_schema(SCHEMA)
        if not about.get("description") or "\n" in about["description"]
    ]

    assert silent == []


def test_a_default_that_hangs_on_the_size_is_told_for_each() -> None:
    about = dict(settings_of_schema(SCHEMA))

    assert about["database.readers"]["description"].endswith(
        " By default: local 1, small 0, large 1."
    )
    assert "default" not in about["database.readers"]
    assert about["database.backupDays"]["default"] == 7


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "none"),
        ([], "none"),
        (True, "true"),
        (4.0, "4"),
        (["a", 1], "[a, 1]"),
        ({"min": 1, "max": 5}, "min: 1, max: 5"),
        ("a", "a"),
    ],
)
def test_a_value_is_written_as_a_sentence_has_it(value: object, says: str) -> None:
    assert written(value) == says
