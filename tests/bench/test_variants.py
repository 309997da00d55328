"""The images to release: what each does to users, and that each fits the API as it stands."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stackyard.local.image_build import folder_contents
from stackyard.local.layout import Layout
from tests.bench import misbehaviour
from tests.bench.misbehaviour import Call, Message, Receive, Scope, Send
from tests.bench.variants import MISBEHAVIOURS, RELIED_ON, build_variant, change

TASK = Path(__file__).resolve().parents[2] / "app-image" / "task1"
POSTS, HEALTH, LIFE = "/api/posts", "/health", "/livez"
SMOKE = [(b"accept", b"*/*"), (misbehaviour.SMOKE_HEADER, b"green-secret")]


async def sound(_app: Any, _scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-release", b"a")]})
    await send({"type": "http.response.body", "body": b"{}"})


def sent(call: Call, path: str, headers: Any = (), times: int = 1) -> list[Message]:
    """What one process sends for as many requests."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def whole() -> None:
        for _ in range(times):
            scope = {"type": "http", "path": path, "headers": headers}
            await call(None, scope, receive, send)

    asyncio.run(whole())
    return messages


def statuses(call: Call, path: str, headers: Any = (), times: int = 1) -> Counter[int]:
    return Counter(m["status"] for m in sent(call, path, headers, times) if "status" in m)


def test_one_of_five_users_meets_an_error() -> None:
    assert statuses(misbehaviour.errors(sound), POSTS, times=100) == {200: 80, 500: 20}


def test_an_error_is_told_by_the_release_that_made_it() -> None:
    failed = sent(misbehaviour.errors(sound), POSTS, times=5)[-2]

    assert (failed["status"], failed["headers"]) == (500, [(b"x-release", b"a")])


@pytest.mark.parametrize(("path", "headers"), [(POSTS, SMOKE), (HEALTH, ()), (LIFE, ())])
def test_smoke_requests_and_probes_meet_no_error(path: str, headers: Any) -> None:
    assert statuses(misbehaviour.errors(sound), path, headers, times=100) == {200: 100}


@pytest.mark.parametrize(
    ("path", "headers", "waits"),
    [(POSTS, (), [misbehaviour.SLOWER_SECONDS]), (POSTS, SMOKE, []), (HEALTH, (), [])],
)
def test_users_alone_wait_longer(
    monkeypatch: pytest.MonkeyPatch, path: str, headers: Any, waits: list[float]
) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(misbehaviour.asyncio, "sleep", wait)
    seen = statuses(misbehaviour.slow(sound), path, headers)

    assert (seen, waited) == ({200: 1}, waits)


@pytest.mark.parametrize(("path", "status"), [(HEALTH, 503), (LIFE, 200), (POSTS, 200)])
def test_the_health_check_alone_says_that_it_is_ill(path: str, status: int) -> None:
    assert statuses(misbehaviour.unhealthy(sound), path, times=3) == {status: 3}


@pytest.mark.parametrize(("path", "headers", "killed"), [(POSTS, (), 1), (POSTS, SMOKE, 0)])
def test_a_process_dies_once_after_its_first_user(
    monkeypatch: pytest.MonkeyPatch, path: str, headers: Any, killed: int
) -> None:
    kills: list[tuple[int, int]] = []
    monkeypatch.setattr(misbehaviour, "CRASHES_AFTER_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(misbehaviour.os, "kill", lambda pid, number: kills.append((pid, number)))
    crash = misbehaviour.crash(sound)

    async def served_and_gone(*given: Any) -> None:
        await crash(*given)
        await asyncio.sleep(0)

    seen = statuses(served_and_gone, path, headers, times=3)

    assert (seen, len(kills)) == ({200: 3}, killed)


def added_by(name: str, folder: Path) -> set[str]:
    task = shutil.copytree(TASK, folder / "task1")
    change(task, name)
    return folder_contents(task).keys() - folder_contents(TASK).keys()


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_misbehaviour_stands_before_the_api_as_it_is(tmp_path: Path, name: str) -> None:
    assert added_by(name, tmp_path) == {"misbehaviour.py", "sound_app.py"}


def test_a_bad_migration_is_one_more_after_those_there_are(tmp_path: Path) -> None:
    there = len(list((TASK / "migrations" / "versions").glob("*.py")))

    added = added_by("bad-migration", tmp_path)

    assert added == {f"migrations/versions/{there + 1:04}_drop_content.py"}


def test_a_good_release_is_the_api_as_it_is(tmp_path: Path) -> None:
    assert added_by("good", tmp_path) == set()


def parts() -> list[tuple[str, str]]:
    return [(file, part) for file, listed in RELIED_ON.items() for part in listed]


@pytest.mark.parametrize(("file", "part"), parts())
def test_a_source_that_no_longer_fits_is_refused(tmp_path: Path, file: str, part: str) -> None:
    task = shutil.copytree(TASK, tmp_path / "task1")
    (task / file).write_text((task / file).read_text().replace(part, "\n"))

    with pytest.raises(LookupError, match=rf"{file} no longer says .*; correct tests/bench/var"):
        change(task, "errors")


def test_migrations_that_are_not_numbered_are_refused(tmp_path: Path) -> None:
    task = shutil.copytree(TASK, tmp_path / "task1")
    (task / "migrations" / "versions" / "0001_users.py").unlink()

    with pytest.raises(LookupError, match="migrations are not numbered"):
        change(task, "bad-migration")


def test_an_unknown_variant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"no variant 'worse'; one of good, .*crash"):
        build_variant(Layout(root=tmp_path), "worse")


def test_every_build_is_an_image_of_its_own(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path)
    (tmp_path / "app-image").mkdir()
    shutil.copytree(TASK, tmp_path / "app-image" / "task1")
    (tmp_path / "app-image" / "requirements.lock").write_text("# empty\n")
    layout.folder.mkdir(parents=True)
    layout.certificate_authority.write_text("the local CA")

    built = {build_variant(layout, "good") for _ in range(2)}

    assert len(built) == 2
    assert {folder.name for folder in layout.images.iterdir()} == {
        reference.rpartition(":")[2] for reference in built
    }
