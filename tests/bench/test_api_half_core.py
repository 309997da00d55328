"""The quota: where it is told, how, and what is read of the processes under it."""

from pathlib import Path

import pytest

from tests.bench.api.half_core import (
    Controller,
    NoQuotaError,
    Periods,
    controller_in,
    rss_kib,
    ticks,
)

V1 = "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0\n"
V1_SETS = "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
V2 = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid 0 0\n"


def test_version_2_is_taken_where_it_is_alone() -> None:
    assert controller_in(V2) == Controller(folder=Path("/sys/fs/cgroup/unified"), version=2)


def test_version_1_is_taken_where_the_controller_is_mounted_in_it() -> None:
    found = controller_in(V1_SETS + V2 + V1)

    assert found == Controller(folder=Path("/sys/fs/cgroup/cpu,cpuacct"), version=1)


def test_no_cgroup_is_refused() -> None:
    with pytest.raises(NoQuotaError, match="no cgroup with the cpu controller is mounted here"):
        controller_in("proc /proc proc rw 0 0\n" + V1_SETS)


@pytest.mark.parametrize(
    ("version", "limited", "files"),
    [
        (1, True, {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}),
        (1, False, {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "-1"}),
        (2, True, {"cpu.max": "50000 100000"}),
        (2, False, {"cpu.max": "max 100000"}),
    ],
)
def test_half_a_core_is_told_in_the_words_of_each_version(
    version: int, limited: bool, files: dict[str, str]
) -> None:
    controller = controller_in(V1 if version == 1 else V2)

    assert controller.quota(limited=limited) == files


def test_periods_are_counted_from_a_moment_on() -> None:
    assert Periods(170, 90).since(Periods(100, 40)) == Periods(70, 50)


def test_cpu_time_is_that_of_user_and_system() -> None:
    stat = "42 (a name) S) S 1 42 42 0 -1 4194560 1 2 3 4 300 45 7 8 20 0 1 0 5 6 7\n"

    assert ticks(stat) == 345


@pytest.mark.parametrize(
    ("status", "kib"), [("Name:\tx\nVmHWM:\t 9 kB\nVmRSS:\t 88000 kB\n", 88000), ("Name:\tx\n", 0)]
)
def test_a_process_that_has_ended_has_no_memory(status: str, kib: int) -> None:
    assert rss_kib(status) == kib
