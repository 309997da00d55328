"""The recorded graph: whole, without secrets, without asking anybody."""

import json
import socket
from pathlib import Path

import pytest

from stackyard.errors import SettingsFaultError
from stackyard.graph.answers import SECRET_CANARY
from stackyard.report.change import SECRET, node_of
from stackyard.report.command import from_recorded
from stackyard.report.recorded import exported, nodes_of, recorded
from tests.graph.stacks import graph_of
from tests.report.stacks import ROOT, stack, urn_of


def test_it_is_the_graph_that_the_program_makes() -> None:
    assert sorted(stack("prod")) == sorted(graph_of("prod"))


def test_a_preview_has_the_same_resources() -> None:
    assert sorted(recorded(ROOT, "staging", preview=True)) == sorted(stack("staging"))


def test_no_secret_is_in_it() -> None:
    prod = stack("prod")

    assert [n.urn for n in prod.values() if SECRET_CANARY in repr(n)] == []
    version = prod[urn_of(prod, "SecretVersion", "database-app")]
    assert version.inputs["secretString"] == SECRET


def test_what_is_made_in_the_cluster_waits_for_its_provider() -> None:
    prod = stack("prod")
    deployment = prod[urn_of(prod, "Deployment", "api-blue")]

    assert urn_of(prod, "kubernetes", "kubernetes") in deployment.dependencies


def test_a_state_of_it_has_the_same_edges() -> None:
    """So that the critical path of a recorded graph is that of the engine's own state."""
    graph = graph_of("prod")
    states = (
        {
            "urn": reg.urn,
            "dependencies": sorted(reg.depends),
            "provider": f"{reg.provider}::an-id" if reg.provider else "",
            "deletedWith": reg.opts.get("deletedWith", ""),
        }
        for reg in graph.values()
    )

    edges = {node.urn: node.dependencies for node in map(node_of, states)}

    assert edges == {urn: node.dependencies for urn, node in nodes_of(graph).items()}


def test_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def to_this_machine_only(self: socket.socket, address: object) -> None:
        if self.family == socket.AF_UNIX or "127.0.0.1" in str(address) or "::1" in str(address):
            return connect(self, address)  # type: ignore[arg-type]  # as it was given
        raise AssertionError(f"asked {address}")

    monkeypatch.setattr(socket.socket, "connect", to_this_machine_only)

    assert len(recorded(ROOT, "staging")) > 100


def test_a_wrong_stack_file_is_said_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}\n")

    with pytest.raises(SettingsFaultError, match=r"Pulumi\.prod\.yaml: env: is missing|env"):
        recorded(tmp_path, "prod")


def test_the_same_program_changes_nothing_of_its_own_graph(tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    before.write_text(exported(ROOT, "staging"))

    report = from_recorded(ROOT, "staging", before)

    assert (report.risk.name, report.counts) == ("NONE", {})


def test_another_commit_is_compared_with_the_graph_of_the_one_before(tmp_path: Path) -> None:
    graph = json.loads(exported(ROOT, "staging"))
    (cluster,) = (
        each
        for each in graph["deployment"]["resources"]
        if each["type"] == "aws:rds/cluster:Cluster"
    )
    cluster["inputs"]["databaseName"] = "another"
    before = tmp_path / "before.json"
    before.write_text(json.dumps(graph))

    report = from_recorded(ROOT, "staging", before)

    assert report.risk.name == "CRITICAL"
    assert report.dangers[0].name == "database"


def test_no_secret_is_in_what_is_exported() -> None:
    assert SECRET_CANARY not in exported(ROOT, "staging")


def test_a_review_stack_is_recorded_from_the_file_of_all_of_them() -> None:
    graph = recorded(ROOT, "pr-7", preview=True)

    assert all(urn.startswith("urn:pulumi:pr-7::") for urn in graph)
    assert [node for node in graph.values() if node.type == "aws:eks/cluster:Cluster"]
