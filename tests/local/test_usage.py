"""CPU and memory of containers come from what their sessions burn between two looks."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackyard.local.layout import Layout
from stackyard.local.usage import Burnt, Sample, Sampler, kill_marked, sweep_pods


@contextmanager
def sleeping(**environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", "60"], env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def test_cpu_is_what_a_session_burnt_between_two_looks() -> None:
    sampler = Sampler()
    sampler.samples({7: Burnt(cpu_seconds=10, memory_bytes=1)}, at=100, stamp="a")

    burnt = {7: Burnt(cpu_seconds=12.5, memory_bytes=9), 8: Burnt(cpu_seconds=1, memory_bytes=1)}
    found = sampler.samples(burnt, at=105, stamp="b")

    assert found == {7: Sample(cores=0.5, memory_bytes=9, window_seconds=5, taken_at="b")}


def test_a_worker_that_ended_is_no_negative_use() -> None:
    sampler = Sampler()
    sampler.samples({7: Burnt(cpu_seconds=10, memory_bytes=1)}, at=100, stamp="a")

    found = sampler.samples({7: Burnt(cpu_seconds=3, memory_bytes=1)}, at=105, stamp="b")

    assert found[7].cores == 0


def test_a_sweep_ends_what_pods_of_the_slot_left_and_no_daemon(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path, slot=100)
    run = str(layout.folder)

    with (
        sleeping(STACKYARD_RUN=run, STACKYARD_POD="u-1/api") as left,
        sleeping(STACKYARD_RUN=run) as daemon,
        sleeping(STACKYARD_RUN=f"{run}0", STACKYARD_POD="u-1/api") as of_another_slot,
    ):
        swept = sweep_pods(layout)

        assert swept == 1
        assert left.wait(5) == -9
        assert (daemon.poll(), of_another_slot.poll()) == (None, None)


def test_only_the_marked_containers_processes_are_killed(tmp_path: Path) -> None:
    mark = str(tmp_path)

    with sleeping(STACKYARD_POD=mark) as own, sleeping(STACKYARD_POD=f"{mark}2") as other:
        killed = kill_marked(mark)

        assert killed == 1
        assert own.wait(5) == -9
        assert other.poll() is None
