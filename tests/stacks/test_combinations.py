"""What settings can't be together: named beside every other problem, and never for a stand-in."""

from copy import deepcopy
from typing import Any

import pytest

from stacks.load import SettingsError, load
from stacks.sentences import section_types
from tests.stacks.examples import PROD, prod_with

FILE = "Pulumi.prod.yaml"
FAULTY = {"faulty": []}  # what no setting takes


def problems_of(sections: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(FILE, sections)
    return [line.removeprefix(f"{FILE}: ") for line in str(caught.value).splitlines()]


def paths_of(sections: dict[str, Any]) -> list[str]:
    return [line.split(": ")[0] for line in problems_of(sections)]


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("env", {"protect": False, "domain": None, "zoneId": None}),
        ("database", {"acuMin": 4.0, "acuMax": 4.0}),
        ("database", {"maintenanceWindow": "sun:09:00-sun:10:00"}),
        ("database", {"maintenanceWindow": "sun:06:00-sun:07:00"}),
        ("database", {"backupWindow": "23:30-00:30", "maintenanceWindow": "mon:22:00-mon:23:30"}),
        ("database", {"backupWindow": "23:30-00:30", "maintenanceWindow": "mon:00:30-mon:01:00"}),
        ("cluster", {"nodesMin": 9}),
        ("cluster", {"spotPercent": 12}),
        ("cluster", {"spotPercent": 70}),
        ("cluster", {"compute": "karpenter", "nodesMin": 8, "amiFamily": "bottlerocket"}),
        ("cluster", {"compute": "auto", "nodesMin": 9}),
        ("cluster", {"endpoint": "private"}),
        ("app", {"minReplicas": 10}),
        ("app", {"cpuRequest": "500m"}),
        ("app", {"cpuRequest": "4", "cpuLimit": "4000m"}),
        ("app", {"memoryRequest": "4Gi", "memoryLimit": "4096Mi"}),
    ],
)
def test_settings_that_go_together_are_taken(section: str, keys: dict[str, Any]) -> None:
    assert load(FILE, prod_with(section, **keys))


@pytest.mark.parametrize(
    ("section", "keys", "says"),
    [
        ("env", {"domain": None}, "env: domain and zoneId go together; give both"),
        ("env", {"domain": None, "zoneId": None}, "env.domain: is missing; a protected"),
        ("database", {"acuMin": 8.0}, "database.acuMin: 8.0 is more than acuMax 4.0"),
        (
            "database",
            {"maintenanceWindow": "sun:08:00-sun:10:00"},
            "database.maintenanceWindow: sun:08:00-sun:10:00 overlaps backupWindow 07:00-09:00;",
        ),
        (
            "database",
            {"backupWindow": "23:30-00:30", "maintenanceWindow": "mon:23:00-mon:23:50"},
            "database.maintenanceWindow: mon:23:00-mon:23:50 overlaps backupWindow 23:30-00:30;",
        ),
        (
            "database",
            {"backupWindow": "23:30-00:30", "maintenanceWindow": "mon:00:00-mon:00:40"},
            "database.maintenanceWindow: mon:00:00-mon:00:40 overlaps backupWindow 23:30-00:30;",
        ),
        ("cluster", {"nodesMin": 10}, "cluster.nodesMin: 10 is more than nodesMax 9"),
        (
            "cluster",
            {"spotPercent": 11},
            "cluster.spotPercent: 11 percent of nodesMax 9 is less than one node; give at least 12",
        ),
        ("cluster", {"spotPercent": 71}, "cluster.spotPercent: 71 is more than 70, the largest"),
        (
            "cluster",
            {"compute": "karpenter", "nodesMin": 9},
            "cluster.nodesMax: 9 leaves Karpenter no node beside those of nodesMin 9",
        ),
        (
            "cluster",
            {"compute": "auto", "amiFamily": "bottlerocket"},
            "cluster.amiFamily: bottlerocket cannot be had with compute auto",
        ),
        (
            "cluster",
            {"endpoint": "private", "allowedCidrs": []},
            "cluster.allowedCidrs: is empty; a protected stack",
        ),
        ("cluster", {"allowedCidrs": []}, "cluster.allowedCidrs: is empty; a protected stack"),
        ("cluster", {"adminRoleArns": []}, "cluster.adminRoleArns: is empty; EKS gives nobody"),
        (
            "cluster",
            {"viewerRoleArns": PROD["cluster"]["adminRoleArns"]},
            "cluster.viewerRoleArns: arn:aws:iam::123456789012:role/deploy: in adminRoleArns as",
        ),
        ("app", {"minReplicas": 11}, "app.minReplicas: 11 is more than maxReplicas 10"),
        ("app", {"cpuRequest": "4"}, "app.cpuRequest: 4 is more than cpuLimit 500m"),
        ("app", {"memoryRequest": "4Gi"}, "app.memoryRequest: 4Gi is more than memoryLimit 512Mi"),
    ],
)
def test_settings_that_cannot_be_together_are_named(
    section: str, keys: dict[str, Any], says: str
) -> None:
    (problem,) = problems_of(prod_with(section, **keys))

    assert problem.startswith(says)


def test_an_unprotected_stack_may_be_reached_by_nobody_from_outside() -> None:
    given = prod_with("cluster", allowedCidrs=[])
    given["env"]["protect"] = False

    assert load(FILE, given)


def test_a_local_stack_needs_no_administrator() -> None:
    given = prod_with("env", size="local")
    del given["cluster"]

    assert load(FILE, given)


@pytest.mark.parametrize("compute", ["auto", "karpenter"])
def test_a_local_stack_has_node_groups_alone(compute: str) -> None:
    given = prod_with("env", size="local")
    given["cluster"]["compute"] = compute

    (problem,) = problems_of(given)

    assert problem.startswith(f"cluster.compute: {compute} needs EC2, which the local size")


def test_an_unprotected_stack_may_have_all_but_one_node_on_spot() -> None:
    given = prod_with("env", protect=False)
    given["cluster"]["spotPercent"] = 100

    assert load(FILE, given)


def test_a_reason_lets_a_protected_stack_run_without_a_domain() -> None:
    given = prod_with("env", domain=None, zoneId=None)

    assert load(FILE, {**given, "edge": {"allowPlainOrigin": "a trial of a week"}})


def test_a_fault_hides_no_conflict_of_another_section() -> None:
    given = prod_with("cluster", adminRoleArns=[], allowedCidrs=[])

    assert paths_of({**given, "database": {"readers": 16}}) == [
        "database.readers",
        "cluster.adminRoleArns",
        "cluster.allowedCidrs",
    ]


def test_a_fault_hides_no_conflict_of_its_own_section() -> None:
    given = prod_with("app", minReplicas=11, memoryRequest="4Gi", port=80)

    assert paths_of(given) == ["app.port", "app.minReplicas", "app.memoryRequest"]


def test_a_conflict_with_a_value_of_the_size_is_named_beside_a_fault() -> None:
    given = prod_with("cluster", nodesMin=10, version="1.19")

    assert problems_of(given)[1:] == [
        "cluster.nodesMin: 10 is more than nodesMax 9; lower one or raise the other"
    ]


@pytest.mark.parametrize(
    ("section", "key"),
    [(name, f.alias) for name, kind in section_types().items() for f in kind.model_fields.values()],
)
def test_a_faulty_setting_is_the_only_problem_of_a_file_that_is_right_otherwise(
    section: str, key: str
) -> None:
    problems = problems_of(prod_with(section, **{key: FAULTY}))

    assert [problem.startswith(f"{section}.{key}") for problem in problems] == [True]


@pytest.mark.parametrize("section", section_types())
def test_a_faulty_section_is_the_only_problem_of_a_file_that_is_right_otherwise(
    section: str,
) -> None:
    assert paths_of({**PROD, section: 3}) == [section]


@pytest.mark.parametrize(
    ("section", "key"),
    [("cluster", "allowedCidrs"), ("cluster", "adminRoleArns"), ("env", "zoneId")],
)
def test_a_misspelt_key_is_no_missing_one(section: str, key: str) -> None:
    given = deepcopy(PROD)
    given[section][f"{key}x"] = given[section].pop(key)

    assert paths_of(given) == [f"{section}.{key}x"]


def test_a_misspelt_section_is_no_missing_one() -> None:
    given = {**PROD, "clustr": PROD["cluster"]}
    del given["cluster"]

    assert paths_of(given) == ["clustr"]


def test_a_value_of_the_size_is_in_no_conflict_while_the_size_is_faulty() -> None:
    given = {**prod_with("env", size="huge"), "cluster": {**PROD["cluster"], "nodesMin": 6}}

    assert paths_of(given) == ["env.size"]


def test_values_of_the_file_are_in_conflict_even_while_the_size_is_faulty() -> None:
    given = prod_with("env", size="huge", domain=None)
    given["cluster"].update(nodesMin=6, nodesMax=5)

    assert paths_of(given) == ["env.size", "env", "cluster.nodesMin"]
