"""A part's state while its daemons are killed: not ready before all of them answer again."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

from stackyard.local.layout import Layout
from stackyard.local.part_health import PartHealth
from stackyard.local.processes import Process, environment_of
from stackyard.local.status import Status


class Yard:
    """A part `databases` with daemons that answer when the test lets them."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(root=root, slot=108)
        self.status = Status(self.layout, ["databases"])
        self.health = PartHealth(self.status)
        self.status.set("databases", "ready")
        self.answering: set[str] = set()

    async def daemon(self, name: str) -> Process:
        async def ready() -> bool:
            return name in self.answering

        process = Process(
            name=name,
            argv=["sleep", "600"],
            environment=environment_of(self.layout),
            log=self.layout.logs / f"{name}.log",
            ready=ready,
            restarts=True,
            on_change=lambda process, change: self.health.changed("databases", process, change),
        )
        await process.start()
        return process

    @property
    def told(self) -> tuple[str, str]:
        part = json.loads((self.layout.run / "status.json").read_text())["databases"]
        return part["state"], part["message"]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  # it is a file that changes
            await asyncio.sleep(0.01)


def kill(process: Process) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)


def test_a_part_is_not_ready_before_its_killed_daemon_answers(tmp_path: Path) -> None:
    async def scene() -> list[tuple[str, str]]:
        yard = Yard(tmp_path)
        writer = await yard.daemon("writer")
        kill(writer)
        await until(lambda: yard.told == ("starting", "writer started again"))
        before = yard.told
        yard.answering.add("writer")
        await until(lambda: yard.told[0] == "ready")
        await writer.stop()
        return [before, yard.told]

    assert asyncio.run(scene()) == [
        ("starting", "writer started again"),
        ("ready", "writer was started again"),
    ]


def test_a_part_is_not_ready_while_another_of_its_daemons_is_away(tmp_path: Path) -> None:
    async def scene() -> list[tuple[str, str]]:
        yard = Yard(tmp_path)
        writer, reader = await yard.daemon("writer"), await yard.daemon("reader")
        kill(reader)
        await until(lambda: yard.told == ("starting", "reader started again"))
        kill(writer)
        await until(lambda: yard.told == ("starting", "writer started again"))
        yard.answering.add("writer")
        await until(lambda: yard.told == ("starting", "reader started again"))
        before = yard.told
        yard.answering.add("reader")
        await until(lambda: yard.told[0] == "ready")
        await asyncio.gather(writer.stop(), reader.stop())
        return [before, yard.told]

    assert asyncio.run(scene()) == [
        ("starting", "reader started again"),
        ("ready", "reader was started again"),
    ]


def test_a_daemon_that_is_no_longer_wanted_holds_nothing_up(tmp_path: Path) -> None:
    async def scene() -> str:
        yard = Yard(tmp_path)
        reader = await yard.daemon("reader")
        kill(reader)
        await until(lambda: yard.told == ("starting", "reader started again"))
        await reader.stop()
        await until(lambda: yard.told[0] != "starting")
        return yard.told[0]

    assert asyncio.run(scene()) == "ready"


def test_of_a_part_whose_keeper_has_ended_nothing_is_said_any_more(tmp_path: Path) -> None:
    async def scene() -> tuple[str, str]:
        yard = Yard(tmp_path)
        reader = await yard.daemon("reader")
        kill(reader)
        await until(lambda: yard.told == ("starting", "reader started again"))
        yard.health.forget("databases")
        yard.status.set("databases", "failed", "no such table")
        yard.answering.add("reader")
        await reader.wait_ready(20)
        await reader.stop()
        return yard.told

    assert asyncio.run(scene()) == ("failed", "no such table")
