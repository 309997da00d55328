"""How the threads of the process take turns on a core."""

import os
from pathlib import Path

import pytest

from api_process import Api
from task1.threads import patient_threads

pytestmark = pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux has it")


def policies(process: int) -> dict[int, int]:
    """Of each thread of the process."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return {int(thread.name): os.sched_getscheduler(int(thread.name)) for thread in threads}


@pytest.mark.local
def test_the_server_writes_from_threads_that_push_nobody_off_a_core(patient_api: Api):
    patient_api.get("/api/posts")

    seen = policies(patient_api.process.pid)

    assert seen.pop(patient_api.process.pid) == os.SCHED_OTHER
    assert os.SCHED_BATCH in seen.values()


def test_the_thread_itself_stays_as_it_is():
    with patient_threads():
        within = os.sched_getscheduler(0)

    assert (within, os.sched_getscheduler(0)) == (os.SCHED_BATCH, os.SCHED_OTHER)


def test_a_sandbox_that_forbids_it_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    def forbid(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", forbid)

    with patient_threads():
        within = os.sched_getscheduler(0)

    assert within == os.SCHED_OTHER
