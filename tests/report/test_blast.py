"""The blast radius: who depends on what goes, through providers as well."""

from typing import Any

from tests.report.examples import URN, reported, step

CLUSTER = "aws:eks/cluster:Cluster"
PROVIDER = "pulumi:providers:kubernetes"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def waiting(type_: str, name: str, **state: Any) -> dict[str, Any]:
    made = step("same", name, type_=type_)
    for side in ("oldState", "newState"):
        made[side] = {**made[side], **state}
    return made


def test_what_is_in_a_cluster_goes_with_it_though_only_its_provider_knows_the_cluster() -> None:
    cluster = step("replace", "eks", type_=CLUSTER)
    provider = waiting(PROVIDER, "kubernetes", dependencies=[f"{URN}{CLUSTER}::eks"])
    api = waiting(DEPLOYMENT, "api", provider=f"{URN}{PROVIDER}::kubernetes::an-id")

    (blast,) = reported(cluster, provider, api).blasts

    assert (blast.name, blast.size) == ("eks", 1)
