"""Locks, read from the CLI's refusal and from a backend that is a folder."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.ops.engine import Workspace
from stackyard.ops.locks import Lock, locked_message, locks_in, locks_of, runs_here

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def lock(**given: object) -> Lock:
    values = {"owner": "ann", "host": "laptop", "pid": 7, "since": NOW - timedelta(minutes=5)}
    return Lock(**{**values, **given})  # type: ignore[arg-type]  # a row of the table below


def workspace(**variables: str) -> Workspace:
    return Workspace(
        root=Path(), stack="prod", variables=variables, events=Path("events"), log=Path("log")
    )


def refusal(*locks: Lock) -> str:
    """As pkg/backend/diy/lock.go writes it."""
    count = f"error: the stack is currently locked by {len(locks)} lock(s)."
    lines = [f"{count} Either wait for the other process(es) to end or `pulumi cancel`."]
    lines += [
        "  file:///s/.pulumi/locks/organization/app/prod/0a.json?no_tmp_dir=true: created by"
        f" {each.owner}@{each.host} (pid {each.pid}) at {each.since.isoformat()}"
        for each in locks
    ]
    return "\n".join([*lines, ""])


_NAMES = st.from_regex(r"[A-Za-z0-9._\\@-]{1,20}", fullmatch=True)
_HOSTS = st.from_regex(r"[A-Za-z0-9.-]{1,20}", fullmatch=True)
_TIMES = st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)).map(  # noqa: DTZ001  # the zone is given beside it
    lambda moment: moment.replace(microsecond=0)
)


@given(
    st.lists(
        st.builds(Lock, owner=_NAMES, host=_HOSTS, pid=st.integers(1, 4_194_304), since=_TIMES),
        min_size=1,
        max_size=4,
    )
)
def test_every_lock_of_a_refusal_is_read(locks: list[Lock]) -> None:
    assert locks_in(f"warning: x\n{refusal(*locks)}") == locks


@pytest.mark.parametrize("said", ["", "error: no room\n", "  created by ann@laptop (pid x) at y"])
def test_other_words_are_no_lock(said: str) -> None:
    assert locks_in(said) == []


def test_the_message_has_owner_host_age_and_the_command_that_frees_it() -> None:
    message = locked_message([lock()], workspace(), now=NOW, host="ci")

    assert message.splitlines() == [
        "the stack prod is locked by",
        "  ann@laptop (pid 7) since 5 min 0 s (2026-05-01T11:55:00+00:00)",
        "Wait for it to end. If it is gone for sure: pulumi cancel --yes --stack prod",
    ]


def test_a_lock_whose_process_is_gone_from_this_machine_is_stale() -> None:
    message = locked_message([lock()], workspace(), now=NOW, host="laptop", runs=lambda _: False)

    assert "a process that is gone: stale" in message
    assert message.endswith("Free it: pulumi cancel --yes --stack prod")


def test_a_lock_of_a_running_process_is_not_stale() -> None:
    message = locked_message([lock()], workspace(), now=NOW, host="laptop", runs=lambda _: True)

    assert "stale" not in message


def test_one_live_lock_among_stale_ones_is_waited_for() -> None:
    locks = [lock(), lock(host="ci")]

    message = locked_message(locks, workspace(), now=NOW, host="laptop", runs=lambda _: False)

    assert "Wait for it to end" in message


@pytest.mark.parametrize(
    ("age", "says"),
    [
        (timedelta(seconds=-3), "since 0 s"),
        (timedelta(seconds=59), "since 59 s"),
        (timedelta(hours=26, minutes=3), "since 26 h 3 min"),
    ],
)
def test_an_age_is_told_in_its_own_units(age: timedelta, says: str) -> None:
    assert says in locked_message([lock(since=NOW - age)], workspace(), now=NOW)


def test_locks_of_a_folder_are_read_from_it(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi/locks/organization/app/prod"
    folder.mkdir(parents=True)
    content = {"pid": 7, "username": "ann", "hostname": "laptop", "timestamp": NOW.isoformat()}
    (folder / "0a.json").write_text(json.dumps(content))

    assert locks_of(workspace(PULUMI_BACKEND_URL=f"file://{tmp_path}")) == [lock(since=NOW)]
    assert locks_of(workspace(PULUMI_BACKEND_URL="s3://bucket")) == []


def test_this_process_runs_here_and_one_beyond_the_kernels_last_does_not() -> None:
    assert runs_here(os.getpid())
    assert not runs_here(2**22 + 1)
