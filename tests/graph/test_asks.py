"""What users of such systems trip over, where it is no one part's own."""

import pytest

from stackyard.graph.recorder import Graph


@pytest.mark.ask(38)
def test_the_app_signs_in_to_one_cache_by_a_password_and_meets_no_cluster_mode(
    graph: Graph,
) -> None:
    group = graph.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
    users = [user.inputs for user in graph.all("aws:elasticache/user:User")]

    assert {user["authenticationMode"]["type"] for user in users} == {"password"}
    assert {"numNodeGroups", "clusterMode", "replicasPerNodeGroup"} & set(group) == set()
    assert graph.all("ServerlessCache") == []
