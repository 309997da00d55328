"""Reconcilers under the supervisor: one that fails is tried again and stops no other."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from stackyard.local import reconcilers
from stackyard.local.layout import Layout
from stackyard.local.part_health import PartHealth
from stackyard.local.reconcilers import KINDS, STOP_ORDER, Kind, Reconcilers
from stackyard.local.secrets import make_secrets
from stackyard.local.status import Status

MODULE = "stackyard_test_reconcilers"


class Works:
    """Runs until it is cancelled."""

    ended: ClassVar[list[str]] = []

    def __init__(self, *given: object) -> None:
        self.given = given

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            Works.ended.append(type(self).__name__)


class GetsReadyLater(Works):
    """Says itself when it is ready."""

    later: asyncio.Event

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self.ready = GetsReadyLater.later


class Fails(Works):
    """Cannot work."""

    runs = 0

    async def run(self) -> None:
        Fails.runs += 1
        raise LookupError("no such table")


class Recovers(Works):
    """Fails once."""

    runs = 0

    async def run(self) -> None:
        Recovers.runs += 1
        if Recovers.runs == 1:
            raise LookupError("not there yet")
        await super().run()


class Returns(Works):
    """Ends by itself."""

    async def run(self) -> None:
        return


class Hangs(Works):
    """Does not end when it is told to."""

    release: asyncio.Event

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await Hangs.release.wait()


def _supervised(
    root: Path, monkeypatch: pytest.MonkeyPatch, **parts: str
) -> tuple[Reconcilers, Callable[[str], dict[str, str]]]:
    """Reconcilers with these classes as their parts, and a reader of the status file."""
    module = ModuleType(MODULE)
    for made in (Works, GetsReadyLater, Fails, Recovers, Returns, Hangs):
        setattr(module, made.__name__, made)
    monkeypatch.setitem(sys.modules, MODULE, module)
    kinds = {part: Kind(module=MODULE, name=name, kube=False) for part, name in parts.items()}
    monkeypatch.setattr(reconcilers, "KINDS", kinds)
    monkeypatch.setattr(reconcilers, "_FIRST_PAUSE_SECONDS", 0.01)
    Works.ended, Fails.runs, Recovers.runs = [], 0, 0
    layout = Layout(root=root, slot=109)
    status = Status(layout, list(parts))

    def read(part: str) -> dict[str, str]:
        return json.loads((layout.run / "status.json").read_text())[part]

    return Reconcilers(layout, make_secrets(layout), status, PartHealth(status)), read


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  # it is a file that changes
            await asyncio.sleep(0.01)


def test_a_reconciler_is_ready_when_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parts, status = _supervised(tmp_path, monkeypatch, edge="Works")

    async def scene() -> str:
        before = status("edge")["state"]
        parts.start("edge")
        await _until(lambda: status("edge")["state"] == "ready")
        await parts.stop(5)
        return before

    assert asyncio.run(scene()) == "starting"


def test_a_reconciler_may_say_itself_when_it_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    parts, status = _supervised(tmp_path, monkeypatch, node="GetsReadyLater", edge="Works")

    async def scene() -> str:
        GetsReadyLater.later = asyncio.Event()
        parts.start("node")
        parts.start("edge")
        await _until(lambda: status("edge")["state"] == "ready")
        before = status("node")["state"]
        GetsReadyLater.later.set()
        await _until(lambda: status("node")["state"] == "ready")
        await parts.stop(5)
        return before

    assert asyncio.run(scene()) == "starting"


def test_a_reconciler_that_fails_once_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parts, status = _supervised(tmp_path, monkeypatch, caches="Recovers")

    async def scene() -> None:
        parts.start("caches")
        await _until(lambda: Recovers.runs == 2 and status("caches")["state"] == "ready")
        await parts.stop(5)

    asyncio.run(scene())

    assert Recovers.runs == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Fails", "no such table"),
        ("Returns", "ended without being asked to"),
        (
            "Absent",
            f"{MODULE}.Absent can't be imported: module '{MODULE}' has no attribute 'Absent'",
        ),
    ],
)
def test_a_reconciler_that_keeps_failing_is_told_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
):
    parts, status = _supervised(tmp_path, monkeypatch, caches=name, edge="Works")

    async def scene() -> tuple[str, str]:
        parts.start("caches")
        parts.start("edge")
        await _until(lambda: status("caches")["state"] == "failed")
        seen = status("caches")["message"], status("edge")["state"]
        await parts.stop(5)
        return seen

    assert asyncio.run(scene()) == (message, "ready")


def test_reconcilers_end_from_the_outside_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parts, status = _supervised(tmp_path, monkeypatch, databases="Works", node="GetsReadyLater")

    async def scene() -> None:
        GetsReadyLater.later = asyncio.Event()
        GetsReadyLater.later.set()
        parts.start("databases")
        parts.start("node")
        await _until(lambda: {status(part)["state"] for part in ("databases", "node")} == {"ready"})
        await parts.stop(5)

    asyncio.run(scene())

    assert Works.ended == ["GetsReadyLater", "Works"]


def test_a_reconciler_that_does_not_end_holds_up_the_others_for_the_grace_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    parts, status = _supervised(tmp_path, monkeypatch, node="Hangs", databases="Works")

    async def scene() -> None:
        Hangs.release = asyncio.Event()
        parts.start("node")
        parts.start("databases")
        await _until(lambda: {status(part)["state"] for part in ("databases", "node")} == {"ready"})
        await parts.stop(0.1)
        Hangs.release.set()

    asyncio.run(scene())

    assert Works.ended == ["Works"]


def test_every_kind_has_its_place_in_the_order_of_ending():
    assert {part for group in STOP_ORDER for part in group} == set(KINDS)


def test_status_keeps_the_moment_of_the_last_change(tmp_path: Path):
    layout = Layout(root=tmp_path, slot=109)
    status = Status(layout, ["edge"])
    file = layout.run / "status.json"
    status.set("edge", "ready")
    first = file.read_text()

    status.set("edge", "ready")
    same = file.read_text()
    status.remove()

    assert same == first
    assert not file.exists()
