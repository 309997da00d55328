"""Review stacks: many of one file in one account, none in the way of another."""

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from moto import mock_aws

from infra.program import main
from stackyard.graph.recorder import Graph, record
from stackyard.graph.registration import is_custom
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.random_backend import RandomBackend
from tests.graph.stacks import graph_of, stack_config
from tests.release.stand_in import without_pods

ENV = "stackyard:env"
REVIEWS = ("pr-12", "pr-13")


@pytest.fixture(scope="module")
def both() -> Iterator[list[Graph]]:
    """Two review stacks made one after the other in one account of moto's."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        backends = {"aws": AwsBackend.in_process(), "random": RandomBackend()}
        with without_pods():
            yield [
                record(main, stack=stack, config=stack_config(stack), backends=backends)
                for stack in REVIEWS
            ]


def ids(graph: Graph) -> set[tuple[str, str]]:
    """Type and id in AWS of everything that was made; files are named within their bucket."""
    return {
        (reg.type, reg.id)
        for reg in graph.values()
        if is_custom(reg) and reg.type.startswith("aws:") and "bucketObject" not in reg.type
    }


def names(graph: Graph) -> set[tuple[str, str]]:
    """Type and name, where that is another than the id."""
    return {
        (reg.type, reg.outputs["name"])
        for reg in graph.values()
        if reg.type.startswith("aws:")
        and isinstance(reg.outputs.get("name"), str)
        # AWS's own name, one a VPC.
        and "DefaultSecurityGroup" not in reg.type
    }


def test_two_stand_side_by_side_in_one_account_without_a_name_in_common(
    both: list[Graph],
) -> None:
    one, other = both

    assert ids(one) & ids(other) == set()
    assert names(one) & names(other) == set()
    assert len(ids(one)) == len(ids(other)) > 100


def test_each_says_in_its_tags_whose_it_is_and_how_long_it_is_meant_to_be() -> None:
    tags = [graph_of(stack).one("pulumi:providers:aws").inputs["defaultTags"] for stack in REVIEWS]

    assert all('"ttl-hours": "72"' in each for each in tags)
    assert ['"stack": "pr-12"' in tags[0], '"stack": "pr-13"' in tags[1]] == [True, True]


def test_instances_carry_the_hours_that_they_do_not_inherit() -> None:
    specifications = graph_of("pr-12").one("LaunchTemplate").inputs["tagSpecifications"]

    assert [each["tags"]["ttl-hours"] for each in specifications] == ["72", "72"]


def test_stacks_that_stay_have_no_hours(prod: Graph) -> None:
    assert "ttl-hours" not in prod.one("pulumi:providers:aws").inputs["defaultTags"]


def test_nothing_of_a_review_stack_is_kept_when_it_goes() -> None:
    graph = graph_of("pr-12")

    assert [reg.urn for reg in graph.values() if reg.opts.get("protect")] == []
    assert graph.one("aws:rds/cluster:Cluster").inputs["skipFinalSnapshot"] is True
    buckets = [bucket.inputs["forceDestroy"] for bucket in graph.all("aws:s3/bucket:Bucket")]
    assert set(buckets) == {True}
    assert graph.one("aws:lb/loadBalancer:LoadBalancer").inputs["enableDeletionProtection"] is False


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"protect": True}, "env.protect: is true, but a review stack goes with"),
        ({"ttlHours": None}, "env.ttlHours: is missing; a review stack says"),
        ({"domain": "example.com", "zoneId": "Z1"}, "env.domain: is example.com, but all review"),
    ],
)
def test_what_a_review_stack_cannot_be_is_refused_by_the_program_too(
    changed: dict[str, Any], says: str
) -> None:
    config = stack_config("pr-12")
    env = {key: value for key, value in {**config[ENV], **changed}.items() if value is not None}

    with pytest.raises(pulumi.RunError) as told:
        graph_of("pr-12", config={**config, ENV: env})

    assert any(line.startswith(f"Pulumi.pr.yaml: {says}") for line in str(told.value).splitlines())
