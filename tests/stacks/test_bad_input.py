"""What a stack file may not say: a line with the file, the key, what was given, what is allowed."""

import re
import time
from typing import Any

import pytest

from stacks.load import SettingsError, load
from tests.stacks.breaches import NEVER, Breach, breaches
from tests.stacks.examples import prod_with

FILE = "Pulumi.prod.yaml"
BREACHES = breaches()
LINE = re.compile(rf"{re.escape(FILE)}: (?P<path>[\w.]+(:\w+)?): (?P<says>\S.*)")


def lines_of(sections: dict[str, Any]) -> list[re.Match[str]]:
    with pytest.raises(SettingsError) as caught:
        load(FILE, sections)
    found = [LINE.fullmatch(line) for line in str(caught.value).splitlines()]
    assert None not in found, str(caught.value)
    return [line for line in found if line is not None]


def name(breach: Breach) -> str:
    return f"{breach.path}={breach.given!r}"


@pytest.mark.parametrize("breach", BREACHES, ids=name)
def test_a_value_beyond_what_is_allowed_is_one_line_with_both(breach: Breach) -> None:
    section, key = breach.path.split(".")

    (line,) = lines_of(prod_with(section, **{key: breach.given}))

    says = line["says"]
    assert line["path"] == breach.path
    assert str(breach.given) in says or breach.given == []
    assert [words for words in breach.allowed if words not in says] == []


@pytest.mark.parametrize(
    ("section", "keys", "given", "way_out"),
    [
        ("env", {"zoneId": None}, "domain and zoneId", "give both or neither"),
        ("env", {"domain": None, "zoneId": None}, "is missing", "edge.allowPlainOrigin gives the"),
        ("env", {"region": "useast1"}, "'useast1'", "like 'us-east-1'"),
        ("env", {"accountId": "12"}, "'12'", "like '123456789012'"),
        ("env", {"owner": "a/b"}, "'a/b'", "like 'platform'"),
        ("env", {"costCenter": ""}, "''", "like 'web'"),
        ("env", {"domain": "localhost"}, "'localhost'", "like 'example.com'"),
        ("env", {"zoneId": "example.com"}, "'example.com'", "like 'Z0123456789EXAMPLE'"),
        ("network", {"cidr": "10.0.0.0/15"}, "10.0.0.0/15", "must be /16 to /20"),
        ("network", {"cidr": "11.0.0.0/16"}, "11.0.0.0/16", "take a block of 10/8"),
        ("network", {"cidr": "10.0.0.0"}, "'10.0.0.0'", "write 10.0.0.0/32"),
        ("network", {"zones": ["a", "b", "c", "d", "e"]}, "5 zones", "the plan holds 4"),
        ("network", {"zones": ["a", "g"]}, "a, g", "different letters from a to f"),
        ("database", {"engineVersion": "3.10"}, "'3.10'", "like '8.0.mysql_aurora.3."),
        ("database", {"name": "Shop"}, "'Shop'", "like 'task1_db'"),
        ("database", {"backupDays": 36}, "36", "more than 35"),
        ("database", {"backupWindow": "24:00-25:00"}, "'24:00-25:00'", "like '07:00-09:00'"),
        ("database", {"backupWindow": "07:00-07:29"}, "'07:00-07:29'", "the 30 minutes AWS asks"),
        ("database", {"maintenanceWindow": "so:4"}, "'so:4'", "like 'sun:04:00-sun:05:00'"),
        (
            "database",
            {"maintenanceWindow": "sun:07:30-sun:08:30"},
            "sun:07:30-sun:08:30 overlaps backupWindow 07:00-09:00",
            "keep them apart",
        ),
        ("database", {"acuMin": 8.0}, "8.0 is more than acuMax 4.0", "lower one or raise"),
        ("cluster", {"version": "1.20"}, "'1.20'", "one of 1."),
        ("cluster", {"instanceTypes": ["c7i.large"]}, "c7i.large", "take Graviton, like m8g"),
        ("cluster", {"allowedCidrs": ["0.0.0.0/0"]}, "0.0.0.0/0", "name your networks"),
        ("cluster", {"allowedCidrs": ["10.0.0.1"]}, "10.0.0.1", "write 10.0.0.1/32"),
        ("cluster", {"allowedCidrs": []}, "is empty", "names the networks"),
        ("cluster", {"adminRoleArns": []}, "is empty", "name the IAM role"),
        ("cluster", {"adminRoleArns": ["me"]}, "'me'", "write arn:aws:iam::<account>:role/"),
        ("cluster", {"viewerRoleArns": ["me"]}, "'me'", "write arn:aws:iam::<account>:role/"),
        (
            "cluster",
            {"viewerRoleArns": ["arn:aws:iam::123456789012:role/deploy"]},
            "role/deploy: in adminRoleArns as well",
            "keep it there",
        ),
        ("cluster", {"nodesMin": 50}, "50 is more than nodesMax 9", "lower one or raise"),
        ("app", {"image": "api:1.2"}, "'api:1.2'", "write <repository>@sha256:"),
        ("app", {"minReplicas": 50}, "50 is more than maxReplicas 10", "lower one or raise"),
        ("app", {"cpuRequest": "2"}, "2 is more than cpuLimit 500m", "lower one or raise"),
        ("app", {"cpuRequest": "0.25"}, "'0.25'", "like '250m'"),
        ("app", {"memoryRequest": "2Gi"}, "2Gi is more than memoryLimit", "lower one or raise"),
        ("app", {"memoryLimit": "512M"}, "'512M'", "like '512Mi'"),
        ("app", {"env": {"DATABASE_URL": "x"}}, "DATABASE_URL", "choose another name"),
        ("app", {"env": {"2ND": "x"}}, "'2ND'", "letters, digits and _"),
        ("edge", {"allowPlainOrigin": "why"}, "'why'", "shorter than 10 characters"),
        ("observe", {"logDays": 100}, "100", "one of CloudWatch's values"),
        ("observe", {"runbookUrl": "wiki"}, "'wiki'", "like 'https://example.com/runbook'"),
        ("cache", {"replica": 1}, "is no known key", "did you mean 'replicas'?"),
    ],
)
def test_a_refusal_names_what_was_given_and_the_way_out(
    section: str, keys: dict[str, Any], given: str, way_out: str
) -> None:
    lines = lines_of(prod_with(section, **keys))

    assert [line for line in lines if given in line["says"] and way_out in line["says"]]


def test_all_problems_of_a_file_are_told_at_once_and_quickly() -> None:
    first = {breach.path: breach for breach in reversed(BREACHES) if breach.given != NEVER}
    sections: dict[str, dict[str, Any]] = {}
    for path, breach in first.items():
        section, key = path.split(".")
        sections.setdefault(section, {})[key] = breach.given

    start = time.perf_counter()
    told = {line["path"] for line in lines_of(sections)}
    seconds = time.perf_counter() - start

    assert first.keys() <= told
    assert seconds < 1


def test_more_than_sixty_values_are_tried() -> None:
    assert len(BREACHES) >= 60
