"""Loading a stack file: the profile below, the file above, every problem named at once."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stacks.load import SettingsError, load, own_sections
from stacks.section import PROJECT
from tests.stacks.examples import DIGEST, PROD, prod_with

FILE = "Pulumi.prod.yaml"
ROLE = "arn:aws:iam::123456789012:role/deploy"


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
        ("database", {"readers": 15, "readersMax": 15}),
        ("cache", {"replicas": 5}),
        ("database", {"maintenanceWindow": "sun:23:00-sun:23:59"}),
        ("network", {"cidr": "172.16.0.0/20"}),
        ("network", {"cidr": "10.0.0.0/16"}),
        ("network", {"cidr": "192.168.0.0/16"}),
        ("network", {"nat": "single"}),
        ("network", {"interfaceEndpoints": ["sts", "logs"]}),
        ("network", {"zones": ["a", "b"]}),
        ("app", {"env": {"_LEVEL": "", "Level1": "", "MASTER_SECRET_ARN": ""}}),
        ("cluster", {"allowedCidrs": ["12.0.0.0/8", "203.0.113.5/32"]}),
        ("cluster", {"version": "1.36"}),
        ("cluster", {"spotPercent": 0}),
        ("cluster", {"containerInsights": False, "secretsDriver": True}),
        ("cluster", {"instanceTypes": ["t4g.medium", "c7gn.large", "m8g.metal-24xl"]}),
        ("cluster", {"adminRoleArns": [ROLE, "arn:aws:iam::123456789012:role/ops/admin"]}),
        ("cluster", {"viewerRoleArns": []}),
        ("cluster", {"viewerRoleArns": [f"{ROLE}-2", "arn:aws-cn:iam::123456789012:role/a/b"]}),
        ("env", {"protect": False}),
        ("edge", {"allowPlainOrigin": "a trial run"}),
        ("observe", {"logDays": 365}),
        ("release", {"drainSeconds": 300}),
        ("release", {"readySeconds": 10}),
        ("release", {"stepSeconds": 3600}),
        ("release", {"bakeSeconds": 86400}),
        ("release", {"maxErrorPercent": 50}),
        ("release", {"maxErrorPercent": 0.01}),
        ("release", {"maxP95Ms": 60_000}),
        ("release", {"alarms": [f"alarm {number}" for number in range(100)]}),
        ("release", {"retry": True, "keepPrevious": True}),
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
        ("database", {"maintenanceWindow": "sun:08:00-mon:10:00"}, "is no weekly window"),
        ("database", {"maintenanceWindow": "sun:23:30-sun:00:30"}, "keep it within one day"),
        ("database", {"acuMin": 0.7}, "acuMin: 0.7 is not a multiple of 0.5"),
        ("database", {"engineVersion": "9.9"}, "engineVersion: '9.9' does not have the form"),
        ("cache", {"replicas": 6}, "replicas: 6 is more than 5, the largest allowed"),
        ("cache", {"role": "queue"}, "role: 'queue' is not one of 'cache', 'limiter' or 'both'"),
        ("network", {"cidr": "10.0.0.0/24"}, "cidr: 10.0.0.0/24 must be /16 to /20"),
        *(
            ("network", {"cidr": cidr}, f"cidr: {cidr} is not private; take a block of 10/8")
            for cidr in ("8.8.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "0.0.0.0/16")
        ),
        ("network", {"cidr": "172.32.0.0/16"}, "cidr: 172.32.0.0/16 is not private"),
        ("network", {"cidr": "10.0.0.0/255.255.0.0"}, "mask's length; write 10.0.0.0/16"),
        ("network", {"cidr": "10.0.0.1/16"}, "cidr: '10.0.0.1/16' is no IPv4 network"),
        ("network", {"zones": ["a"]}, "zones: 1 zones given; EKS and Aurora need 2"),
        ("network", {"zones": ["a", "a"]}, "zones: a, a: zones are different letters"),
        ("network", {"nat": "two"}, "nat: 'two' is not one of 'none', 'instance', 'single',"),
        ("network", {"interfaceEndpoints": ["sts", "logs", "sts"]}, "sts: given more than once"),
        ("app", {"image": "api:latest"}, "image: 'api:latest' has no digest"),
        ("app", {"port": 80}, "port: 80 is less than 1024"),
        ("cluster", {"version": "1.19"}, "version: '1.19' is not in EKS's standard support"),
        *(
            ("cluster", {"allowedCidrs": [one, "128.0.0.0/1"]}, f"{one} is wider than /8 and opens")
            for one in ("0.0.0.0/0", "0.0.0.0/0.0.0.0", "0.0.0.0/1", "12.0.0.0/7")
        ),
        ("cluster", {"allowedCidrs": ["203.0.113.5"]}, "mask's length; write 203.0.113.5/32"),
        (
            "cluster",
            {"allowedCidrs": ["203.0.113.0/24", "203.0.113.128/25"]},
            "allowedCidrs: 203.0.113.0/24 and 203.0.113.128/25 overlap; keep the larger one",
        ),
        ("cluster", {"allowedCidrs": ["203.0.113.1/24"]}, "'203.0.113.1/24' is no IPv4 network"),
        ("cluster", {"version": "1.33"}, "version: '1.33' is not in EKS's standard support"),
        ("cluster", {"instanceTypes": ["m7i.large"]}, "m7i.large: nodes are arm64; take Graviton"),
        (
            "cluster",
            {"instanceTypes": ["m8g.large", "m8g.large"]},
            "instanceTypes: m8g.large: given more than once; keep one",
        ),
        ("cluster", {"compute": "fargate"}, "compute: 'fargate' is not one of 'nodes', 'auto' or"),
        ("cluster", {"spotPercent": 101}, "spotPercent: 101 is more than 100"),
        ("cluster", {"spotPercent": -1}, "spotPercent: -1 is less than 0"),
        ("cluster", {"amiFamily": "windows"}, "amiFamily: 'windows' is not one of 'al2023' or"),
        ("cluster", {"endpoint": "none"}, "endpoint: 'none' is not one of 'public' or 'private'"),
        ("cluster", {"containerInsights": 1}, "containerInsights: 1 is not true or false"),
        ("cluster", {"secretsDriver": "on"}, "secretsDriver: 'on' is not true or false"),
        ("app", {"recommendMemory": "yes"}, "recommendMemory: 'yes' is not true or false"),
        ("cluster", {"instanceTypes": []}, "instanceTypes: is empty; give at least 1"),
        ("network", {"zones": [1, "b"]}, "network.zones.0: 1 is not a string; Letters of the"),
        ("app", {"env": {"LEVEL": 3}}, "app.env.LEVEL: 3 is not a string; Further env"),
        ("app", {"env": {"A-B": "", "1": ""}}, "app.env: '1', 'A-B': a variable's name is letters"),
        ("app", {"env": {"PORT": "1", "HOST": ""}}, "app.env: HOST, PORT: set by the pod itself"),
        ("cluster", {"adminRoleArns": ["admin"]}, "'admin' is no IAM role"),
        (
            "cluster",
            {"adminRoleArns": [ROLE, ROLE]},
            f"adminRoleArns: {ROLE}: given more than once",
        ),
        ("cluster", {"viewerRoleArns": ["viewer"]}, "'viewer' is no IAM role"),
        (
            "cluster",
            {"viewerRoleArns": [ROLE, ROLE]},
            f"viewerRoleArns: {ROLE}: given more than once",
        ),
        ("env", {"accountId": 123456789012}, "accountId: 123456789012 is not a string"),
        (
            "edge",
            {"allowPlainOrigin": "no"},
            "allowPlainOrigin: 'no' is shorter than 10 characters",
        ),
        ("env", {"accountId": "1234"}, "accountId: '1234' does not have the form"),
        ("env", {"size": "huge"}, "size: 'huge' is not one of 'local', 'small' or 'large'"),
        ("observe", {"logDays": 8}, "logDays: 8 is not one of CloudWatch's values"),
        ("release", {"drainSeconds": 301}, "drainSeconds: 301 is more than 300"),
        ("release", {"readySeconds": 9}, "readySeconds: 9 is less than 10"),
        ("release", {"stepSeconds": 0}, "stepSeconds: 0 is less than 1"),
        ("release", {"bakeSeconds": 86401}, "bakeSeconds: 86401 is more than 86400"),
        ("release", {"maxErrorPercent": 0}, "maxErrorPercent: 0 is not more than 0"),
        ("release", {"maxErrorPercent": 50.5}, "maxErrorPercent: 50.5 is more than 50"),
        ("release", {"maxP95Ms": 0.5}, "maxP95Ms: 0.5 is not a whole number"),
        ("release", {"alarms": ["errors", "lag", "lag"]}, "alarms: lag: given more than once"),
        (
            "release",
            {"alarms": [str(number) for number in range(101)]},
            "alarms: has 101 entries; give at most 100",
        ),
        ("release", {"alarms": [""]}, "alarms.0: '' is shorter than 1 characters"),
        ("release", {"alarms": ["a" * 256]}, "a' is longer than 255 characters"),
        ("release", {"retry": "yes"}, "retry: 'yes' is not true or false"),
        ("release", {"keepPrevious": 1}, "keepPrevious: 1 is not true or false"),
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


def test_an_empty_file_asks_for_what_has_no_default() -> None:
    problem = problem_of({})

    assert problem.splitlines() == [
        f"{FILE}: env: is missing; Who the stack belongs to and where it stands",
        f"{FILE}: app.image: is missing; build and push it: stackyard image push prod",
    ]


@pytest.mark.parametrize("app", [{}, {"port": 5001}, {"image": None}])
def test_a_first_stack_file_lacks_one_line_that_a_command_writes(app: dict[str, Any]) -> None:
    assert problem_of({**PROD, "app": app}) == (
        f"{FILE}: app.image: is missing; build and push it: stackyard image push prod"
    )


def test_a_file_without_the_section_of_the_image_is_told_the_same() -> None:
    given = {name: keys for name, keys in PROD.items() if name != "app"}

    assert problem_of(given).endswith("build and push it: stackyard image push prod")


def test_a_section_of_another_namespace_is_named_with_the_one_it_resembles() -> None:
    config = {f"stackyard:{name}": keys for name, keys in PROD.items()}
    config["stackyrd:cluster"] = config.pop("stackyard:cluster")

    assert problem_of(own_sections(config)) == (
        f"{FILE}: stackyrd:cluster: 'stackyrd' is no known namespace; did you mean"
        " 'stackyard:cluster'? known: stackyard, aws, kubernetes, pulumi, random"
    )


def test_a_namespace_that_resembles_nothing_is_named_too() -> None:
    problem = problem_of({**PROD, "azure:location": "west"})

    assert problem == (
        f"{FILE}: azure:location: 'azure' is no known namespace;"
        " known: stackyard, aws, kubernetes, pulumi, random"
    )


def test_keys_of_the_engine_and_its_providers_are_no_sections() -> None:
    foreign = {"aws:region": "eu-west-1", "pulumi:tags": {"a": "b"}}

    assert own_sections({**foreign, "stackyard:env": {}, "app": {}}) == {"env": {}, "app": {}}


def test_the_namespace_of_sections_is_the_projects_name() -> None:
    project = Path(__file__).parents[2] / "Pulumi.yaml"

    assert yaml.safe_load(project.read_text(encoding="utf-8"))["name"] == PROJECT


def test_a_key_that_is_no_string_is_named() -> None:
    problem = problem_of({**PROD, "cache": {1: 1}})

    assert problem == f"{FILE}: cache.1: is no key; keys are strings"


def test_a_section_that_is_no_mapping_is_named() -> None:
    problem = problem_of({**PROD, "cache": 3})

    assert problem == f"{FILE}: cache: 3 is not a mapping of settings; Valkey on ElastiCache"


# Flat and few, since nesting makes generation slow: keys that the sections know find more.
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
keys = st.sampled_from(["size", "zones", "image", "port", "env", "x"])
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(keys, scalars, max_size=3)
sections_of_a_file = st.dictionaries(
    st.sampled_from(["env", "network", "database", "app", "x"]),
    values | st.dictionaries(keys, values, max_size=2),
)


@given(sections_of_a_file)
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
