"""The failure walk: every create, update and delete of a stack fails once, the stack never lies."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra import layers
from infra.program import main
from infra.providers import aws_provider
from infra.settings import read_settings
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.kubernetes.purge import purge
from stackyard.local.random_backend import RandomBackend
from tests.engine.conftest import Cluster
from tests.engine.faults import Operation
from tests.engine.moto_backends import moto, moto_of
from tests.engine.rig import Rig
from tests.engine.scan import AwsScan, Found, KubernetesScan
from tests.engine.test_life_of_a_stack import ROOT, SMALL
from tests.engine.walk import Walk, walk
from tests.release.stand_in import without_pods
from tests.reliability import Record

pytestmark = [pytest.mark.engine, pytest.mark.timeout(7200)]

SEVERAL = 16
"""Operations at once."""

BEGINNING: dict[str, Any] = {**SMALL, "stackyard:database": {"readers": 1}}
CHANGE: dict[str, Any] = {
    "stackyard:database": {"readers": 0, "backupDays": 14},
    "stackyard:cache": {"replicas": 1, "role": "cache"},
    "stackyard:network": {"flowLogs": "ALL"},
    "stackyard:observe": {"logDays": 14},
}
"""Updates in place, a deletion, a replacement."""


@dataclass(frozen=True, kw_only=True)
class Walks:
    """One stack's whole life, walked."""

    one_at_a_time: bool
    """Each command fails at one operation, and no other one is under way."""
    made: Walk
    changed: Walk
    destroyed: Walk

    @property
    def all(self) -> tuple[Walk, ...]:
        return self.made, self.changed, self.destroyed


@pytest.fixture(
    scope="module",
    params=[
        "data",
        pytest.param("whole", marks=pytest.mark.full),
        pytest.param("whole, several at once", marks=pytest.mark.full),
    ],
)
def walks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Walks:
    folder = tmp_path_factory.mktemp("walk")
    if request.param == "data":
        with data_part(folder) as (rig, scan):
            return _walked(rig, scan, scan, parallel=1)
    with whole_program(folder, request.getfixturevalue("control_plane")) as scans:
        return _walked(*scans, parallel=1 if request.param == "whole" else SEVERAL)


def _walked(
    rig: Rig, scan: Callable[[str], Found], scan_going: Callable[[str], Found], *, parallel: int
) -> Walks:
    made = walk(rig, lambda: rig.up(parallel=parallel), scan)
    rig.configure(CHANGE)
    changed = walk(rig, lambda: rig.up(parallel=parallel), scan)
    destroyed = walk(rig, lambda: rig.destroy(parallel=parallel), scan_going)
    return Walks(one_at_a_time=parallel == 1, made=made, changed=changed, destroyed=destroyed)


@contextmanager
def data_part(folder: Path) -> Iterator[tuple[Rig, Callable[[str], Found]]]:
    """Network, database and cache of the program."""

    def program() -> None:
        settings = read_settings()
        provider = aws_provider(settings.env)
        data = layers._data(settings, layers._network(settings, provider), provider)
        pulumi.export("writer", data.database.writer_endpoint)

    scan = AwsScan()
    with moto(scan.observe):
        backends = {"aws": AwsBackend.in_process(), "random": RandomBackend()}
        with closing(Rig(folder, program, backends, project="stackyard", config=BEGINNING)) as rig:
            yield rig, scan.compare


@contextmanager
def whole_program(
    folder: Path, cluster: Cluster
) -> Iterator[tuple[Rig, Callable[[str], Found], Callable[[str], Found]]]:
    """The program with its cluster; while it is destroyed, all inside goes with the cluster."""
    aws, inside = AwsScan(), KubernetesScan(cluster.api)

    def empty(_cluster: str) -> None:
        purge(cluster.api)

    def scan(state: str) -> Found:
        return aws.compare(state) | inside.compare(state)

    def scan_going(state: str) -> Found:
        return aws.compare(state) if ":eks/cluster:Cluster" in state else scan(state)

    with moto_of(cluster.layout, aws.observe), without_pods():
        backends = {
            "aws": AwsBackend.in_process(on_cluster_deleted=empty),
            "kubernetes": cluster.backend(),
            "random": RandomBackend(),
        }
        with closing(Rig(folder, main, backends, project="stackyard", config=BEGINNING)) as rig:
            # The site's files are named from the folder that the engine runs in.
            (rig.work_folder / "site").symlink_to(ROOT / "site")
            yield rig, scan, scan_going
    purge(cluster.api)


def _verbs(walked: Walk) -> set[str]:
    return {operation.verb for operation in walked.failed}


def _named(names: frozenset[str], message: str) -> bool:
    return any(f"{name}: " in message for name in names)


def _has_an_id_of_its_own(operation: Operation) -> bool:
    """Passwords are all called `none`: they live in the state alone."""
    return not operation.token.startswith("random:") or operation.verb == "create"


@pytest.mark.fault("engine", "each `up` fails at its next create")
def test_every_create_fails_once_and_the_next_up_passes_it(
    walks: Walks, record_property: Record
) -> None:
    made = walks.made

    assert _verbs(made) == {"create"}
    assert set(made.failed) == set(made.done)
    record_property(
        "seen", "the next `up` passes it and makes the rest; nothing made twice, nothing orphaned"
    )


@pytest.mark.fault("engine", "each `up` fails at the next create, update or delete of a change")
def test_every_operation_of_a_change_fails_once_and_the_next_up_passes_it(
    walks: Walks, record_property: Record
) -> None:
    changed = walks.changed

    assert _verbs(changed) == {"create", "update", "delete"}
    assert set(changed.failed) == set(changed.done)
    record_property("seen", "the next `up` passes it; each change made once, nothing orphaned")


@pytest.mark.fault("engine", "each `destroy` fails at its next delete")
def test_every_delete_fails_once_and_the_next_destroy_passes_it(
    walks: Walks, record_property: Record
) -> None:
    destroyed = walks.destroyed

    assert _verbs(destroyed) == {"delete"}
    assert set(destroyed.failed) == set(destroyed.done)
    record_property("seen", "the next `destroy` passes it; nothing deleted twice, nothing orphaned")


def test_one_at_a_time_there_is_one_failed_command_for_each_operation(walks: Walks) -> None:
    failures = [len(step.failed) for walked in walks.all for step in walked.steps]

    assert set(failures) == {1} if walks.one_at_a_time else max(failures) > 1


def test_nothing_is_made_changed_or_deleted_twice(walks: Walks) -> None:
    done = [(operation, n) for walked in walks.all for operation, n in walked.done.items()]

    assert [one for one, n in done if n > 1 and _has_an_id_of_its_own(one)] == []


def test_cloud_and_state_hold_the_same_after_every_command(walks: Walks) -> None:
    assert [walked.untruths for walked in walks.all] == [set()] * 3


def test_every_failure_ends_with_exit_code_1_and_names_its_resource(walks: Walks) -> None:
    steps = [step for walked in walks.all for step in walked.steps]

    assert {step.exit_code for step in steps} == {1}
    assert [s for s in steps if not all(_named(each, s.message) for each in s.failed)] == []
