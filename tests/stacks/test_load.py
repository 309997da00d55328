"""Loading a stack file: the profile below, the file above, every problem named at once."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.load import SettingsError, load
from tests.stacks.examples import DIGEST, PROD, prod_with

FILE = "Pulumi.prod.yaml"


def problem_of(sections: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(FILE, sections)
    return str(caught.value)


def test_the_size_fills_what_the_file_leaves_out() -> None:
    settings = load(FILE, PROD)

    assert (settings.cache.replicas, settings.network.zones) == (2, ("a", "b", "c"))


def test_the_file_wins_over_the_size() -> None:
    settings = load(FILE, prod_with("cache", replicas=3))

    assert (settings.cache.replicas, settings.cache.node_type) == (3, "cache.r7g.large")


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("database", {"readers": 15}),
        ("database", {"maintenanceWindow": "sun:09:00-sun:10:00"}),
        ("database", {"acuMin": 4.0, "acuMax": 4.0}),
        ("cache", {"replicas": 5}),
        ("network", {"cidr": "172.16.0.0/20"}),
        ("network", {"zones": ["a", "b"]}),
        ("app", {"minReplicas": 10}),
        ("cluster", {"allowedCidrs": ["198.51.100.0/24"]}),
        ("cluster", {"instanceTypes": ["t4g.medium", "c7gn.large", "m8g.metal-24xl"]}),
        ("cluster", {"adminRoleArns": ["arn:aws:iam::123456789012:role/ops/admin"]}),
        ("env", {"protect": False}),
        ("observe", {"logDays": 365}),
    ],
)
def test_a_value_at_its_bound_is_taken(section: str, keys: dict[str, Any]) -> None:
    settings = load(FILE, prod_with(section, **keys))

    assert getattr(settings, section)


@pytest.mark.parametrize(
    ("section", "keys", "says"),
    [
        ("database", {"readers": 16}, "readers: 16 is more than the 15 readers Aurora allows"),
        ("database", {"readers": "1"}, "readers: '1' is not a whole number; Read replicas"),
        ("database", {"reader": 1}, "reader: is no known key; did you mean 'readers'?"),
        ("database", {"backupDays": 6}, "backupDays: 6 is less than 7, the smallest allowed"),
        ("database", {"backupWindow": "7-9"}, "backupWindow: '7-9' is no daily window"),
        ("database", {"backupWindow": "07:00-07:10"}, "is shorter than the 30 minutes"),
        ("database", {"maintenanceWindow": "sun:08:00-sun:10:00"}, "overlaps backupWindow"),
        ("database", {"maintenanceWindow": "sun:08:00-mon:10:00"}, "is no weekly window"),
        ("database", {"acuMin": 8.0}, "acuMin 8.0 is more than acuMax 4.0"),
        ("database", {"acuMin": 0.7}, "acuMin: 0.7 is not a multiple of 0.5"),
        ("database", {"engineVersion": "9.9"}, "engineVersion: '9.9' does not have the form"),
        ("cache", {"replicas": 6}, "replicas: 6 is more than 5, the largest allowed"),
        ("cache", {"role": "queue"}, "role: 'queue' is not one of 'cache', 'limiter' or 'both'"),
        ("network", {"cidr": "10.0.0.0/24"}, "cidr: 10.0.0.0/24 must be /16 to /20"),
        ("network", {"cidr": "8.8.0.0/16"}, "cidr: 8.8.0.0/16 is not private"),
        ("network", {"cidr": "10.0.0.1/16"}, "cidr: '10.0.0.1/16' is no IPv4 network"),
        ("network", {"zones": ["a"]}, "zones: 1 zones given; EKS and Aurora need 2"),
        ("network", {"zones": ["a", "a"]}, "zones: a, a: zones are different letters"),
        ("network", {"nat": "none", "interfaceEndpoints": []}, "leaves nodes no way to AWS"),
        ("app", {"image": "api:latest"}, "image: 'api:latest' has no digest"),
        ("app", {"minReplicas": 11}, "minReplicas 11 is more than maxReplicas 10"),
        ("app", {"port": 80}, "port: 80 is less than 1024"),
        ("cluster", {"version": "1.19"}, "version: '1.19' is not in EKS's standard support"),
        ("cluster", {"allowedCidrs": ["0.0.0.0/0"]}, "opens the Kubernetes API to everyone"),
        (
            "cluster",
            {"allowedCidrs": ["203.0.113.0/24", "203.0.113.128/25"]},
            "allowedCidrs: 203.0.113.0/24 and 203.0.113.128/25 overlap; keep the larger one",
        ),
        ("cluster", {"allowedCidrs": ["203.0.113.1/24"]}, "'203.0.113.1/24' is no IPv4 network"),
        ("cluster", {"allowedCidrs": []}, "cluster.allowedCidrs is empty"),
        ("cluster", {"adminRoleArns": []}, "cluster.adminRoleArns is empty: EKS gives nobody"),
        ("cluster", {"version": "1.33"}, "version: '1.33' is not in EKS's standard support"),
        ("cluster", {"instanceTypes": ["m7i.large"]}, "m7i.large: nodes are arm64; take Graviton"),
        ("cluster", {"instanceTypes": []}, "instanceTypes: Tuple should have at least 1 item"),
        ("network", {"zones": [1, "b"]}, "network.zones.0: 1 is not a string; Letters of the"),
        ("app", {"env": {"LEVEL": 3}}, "app.env.LEVEL: 3 is not a string; no such place"),
        ("cluster", {"nodesMin": 10}, "nodesMin 10 is more than nodesMax 9"),
        ("cluster", {"adminRoleArns": ["admin"]}, "'admin' is no IAM role"),
        ("env", {"accountId": 123456789012}, "accountId: 123456789012 is not a string"),
        ("env", {"accountId": "1234"}, "accountId: '1234' does not have the form"),
        ("env", {"domain": None}, "domain and zoneId go together"),
        ("env", {"domain": None, "zoneId": None}, "env.domain is missing"),
        ("env", {"size": "huge"}, "size: 'huge' is not one of 'local', 'small' or 'large'"),
        ("observe", {"logDays": 8}, "logDays: 8 is not one of CloudWatch's values"),
    ],
)
def test_a_mistake_is_named_with_its_path(section: str, keys: dict[str, Any], says: str) -> None:
    problem = problem_of(prod_with(section, **keys))

    assert says in problem
    assert all(line.startswith(f"{FILE}: ") for line in problem.splitlines())


def test_every_problem_of_a_file_stands_in_one_message() -> None:
    problem = problem_of({**prod_with("database", readers=16), "cach": {}, "app": {}})

    assert [line.split(": ")[1] for line in problem.splitlines()] == [
        "database.readers",
        "app.image",
        "cach",
    ]


def test_problems_between_sections_stand_a_line_each() -> None:
    problem = problem_of(prod_with("cluster", adminRoleArns=[], allowedCidrs=[]))

    assert [line.split(" ")[1] for line in problem.splitlines()] == [
        "cluster.adminRoleArns",
        "cluster.allowedCidrs",
    ]


def test_an_empty_file_asks_for_what_has_no_default() -> None:
    problem = problem_of({})

    assert problem.splitlines() == [
        f"{FILE}: env: is missing; Who the stack belongs to and where it stands",
        f"{FILE}: app: is missing; The API: its image, size and how it scales",
    ]


def test_a_section_that_is_no_mapping_is_named() -> None:
    problem = problem_of({**PROD, "cache": 3})

    assert problem == f"{FILE}: cache: 3 is not a mapping of settings; Valkey on ElastiCache"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["env", "network", "database", "app", "x"]), json_values))
def test_whatever_a_file_holds_the_answer_is_settings_or_a_named_problem(
    sections: dict[str, Any],
) -> None:
    with pytest.raises(SettingsError, match=r"^Pulumi\.prod\.yaml: "):
        load(FILE, sections)


def test_settings_are_frozen() -> None:
    settings = load(FILE, PROD)

    with pytest.raises(ValueError, match="frozen"):
        settings.app.port = 1


def test_the_contract_needs_neither_pulumi_nor_boto3() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import stacks.load, stacks.outputs, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not {"pulumi", "boto3", "pulumi_aws"} & set(loaded)


def test_the_digest_of_the_image_is_kept_as_given() -> None:
    assert load(FILE, PROD).app.image.endswith(DIGEST)
