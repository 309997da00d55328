"""Every setting of a production stack changed, one at a time: what holds data is not lost."""

from pathlib import Path

import pytest

from stackyard.errors import DestructiveChangeError
from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg
from stackyard.ops.engine import Workspace
from stackyard.ops.guard import Loss, judge_update, losses
from stackyard.ops.preview import PreviewStep
from tests.graph.consequences import consequences
from tests.graph.setting_changes import LOSSES, OTHER, changed, paths
from tests.graph.stacks import graph_anew, graph_of, stack_config
from tests.reliability import Record

HOLDS_DATA = {
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:kms/key:Key",
    "aws:rds/cluster:Cluster",
    "aws:rds/clusterInstance:ClusterInstance",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    "random:index/randomPassword:RandomPassword",
}
"""What the guard must watch, whatever else it does."""


def steps(before: Graph, path: str) -> list[PreviewStep]:
    """What a preview would show once the setting has its other value."""
    after = graph_anew("prod", config=changed(stack_config("prod"), path))
    found = consequences(before, after)
    replaced = [
        PreviewStep(operation="replace", urn=urn, old=_state(before[urn]), forced_by=tuple(forced))
        for urn, forced in found.replaced.items()
    ]
    deleted = [
        PreviewStep(operation="delete", urn=urn, old=_state(before[urn])) for urn in found.deleted
    ]
    return [*replaced, *deleted]


def _state(reg: Reg) -> dict[str, object]:
    return {"type": reg.type, "protect": bool(reg.opts.get("protect"))}


def _names(lost: list[Loss], operation: str) -> tuple[str, ...]:
    named = (
        f"{loss.type.split(':')[-1]} {loss.urn.split('::')[-1]}"
        for loss in lost
        if loss.operation == operation
    )
    return tuple(sorted(named))


@pytest.fixture(scope="module")
def previews() -> dict[str, list[PreviewStep]]:
    prod = graph_of("prod")
    return {path: steps(prod, path) for path in OTHER}


def test_every_setting_has_another_value_to_be_changed_to() -> None:
    assert set(OTHER) == paths()


def test_whatever_holds_data_and_would_go_is_stopped_by_the_guard(
    previews: dict[str, list[PreviewStep]],
) -> None:
    passed = [
        (path, step.urn)
        for path, planned in previews.items()
        for step in planned
        if step.type in HOLDS_DATA and step.urn not in {loss.urn for loss in losses(planned)}
    ]

    assert passed == []


def test_only_these_settings_replace_or_delete_what_the_guard_watches(
    previews: dict[str, list[PreviewStep]],
) -> None:
    lost = {path: losses(planned) for path, planned in previews.items()}

    found = {
        path: (_names(each, "replace"), _names(each, "delete"))
        for path, each in lost.items()
        if each
    }

    assert found == LOSSES


@pytest.mark.fault("guard", "every setting of a production stack given another value")
def test_the_guard_refuses_exactly_these_settings(
    previews: dict[str, list[PreviewStep]], tmp_path: Path, record_property: Record
) -> None:
    workspace = Workspace(
        root=tmp_path, stack="prod", variables={}, events=tmp_path / "events", log=tmp_path / "log"
    )

    refused = {path for path, planned in previews.items() if _refuses(planned, workspace)}

    assert refused == LOSSES.keys()
    record_property(
        "seen",
        f"refused before anything is touched: {', '.join(sorted(refused))}; no other setting "
        "replaces or deletes what holds data",
    )


def _refuses(planned: list[PreviewStep], workspace: Workspace) -> bool:
    try:
        judge_update(losses(planned), None, workspace)
    except DestructiveChangeError:
        return True
    return False
