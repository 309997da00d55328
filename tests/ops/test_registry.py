"""An image pushed to a real registry; a gate before it refuses as ECR does, and breaks off."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from stackyard.ops import registry as pushing
from stackyard.ops.oci_layout import read_layout
from stackyard.ops.registry import RegistryError, push
from tests.ops.registries import HOST, LOGIN, NAME, Gate, layout, registry

pytestmark = pytest.mark.local

TAG = "release-1"
BY_HAND = (
    "it was given by hand: delete that tag (aws ecr batch-delete-image), then run the same command"
    " again"
)
DENIED = "User: arn:aws:sts::123456789012:assumed-role/ci/1 may not ecr:InitiateLayerUpload"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    monkeypatch.setattr(pushing, "WAITS", (0.01, 0.01))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with registry(tmp_path) as made:
        yield made


def pushed(gate: Gate, folder: Path, tag: str = TAG) -> int:
    return push(read_layout(folder), gate.repository, tag, on_progress=lambda *_: None)


def refused(gate: Gate, folder: Path) -> str:
    with pytest.raises(RegistryError) as problem:
        pushed(gate, folder)
    (line,) = str(problem.value).splitlines()
    return line.removeprefix(f"{HOST}:{gate.port}/{NAME}: ")


def test_an_image_is_there_under_its_tag_and_its_digest(gate: Gate, tmp_path: Path) -> None:
    image = read_layout(layout(tmp_path / "oci", "arm64"))

    sent = push(image, gate.repository, TAG, on_progress=lambda *_: None)

    assert gate.get(f"manifests/{TAG}") == (200, image.content)
    assert gate.get(f"manifests/{image.digest}") == (200, image.content)
    assert sent == sum(blob.size for blob in image.all_blobs().values())


def test_every_blob_comes_whole(gate: Gate, tmp_path: Path) -> None:
    large = bytes(range(256)) * 20_000  # five pieces
    image = read_layout(layout(tmp_path / "oci", "arm64", layers=[large, b"", b"small"]))

    push(image, gate.repository, TAG, on_progress=lambda *_: None)

    assert {digest: gate.get(f"blobs/{digest}") for digest in image.all_blobs()} == {
        blob.digest: (200, blob.path.read_bytes()) for blob in image.all_blobs().values()
    }


def test_a_second_push_asks_once_and_sends_nothing(gate: Gate, tmp_path: Path) -> None:
    folder = layout(tmp_path / "oci", "arm64")
    pushed(gate, folder)
    gate.seen.clear()

    assert pushed(gate, folder) == 0
    assert gate.seen == [("HEAD", f"/v2/{NAME}/manifests/{TAG}")]


def test_another_tag_of_the_same_image_sends_no_blob(gate: Gate, tmp_path: Path) -> None:
    folder = layout(tmp_path / "oci", "arm64")
    pushed(gate, folder)

    assert pushed(gate, folder, "review-1") == 0
    assert gate.get("manifests/review-1")[0] == 200


def test_layers_that_are_there_are_not_sent_again(gate: Gate, tmp_path: Path) -> None:
    pushed(gate, layout(tmp_path / "one", "arm64", layers=[b"base", b"sources"]))
    gate.seen.clear()

    pushed(gate, layout(tmp_path / "two", "arm64", layers=[b"base", b"others"]), "release-2")

    assert gate.count("PUT", "/uploads/") == 1


def test_an_index_comes_with_its_images(gate: Gate, tmp_path: Path) -> None:
    image = read_layout(layout(tmp_path / "oci", "amd64", "arm64"))

    push(image, gate.repository, TAG, on_progress=lambda *_: None)

    status, content = gate.get(f"manifests/{TAG}")
    assert (status, content) == (200, image.content)
    assert [
        gate.get(f"manifests/{each['digest']}")[0] for each in json.loads(content)["manifests"]
    ] == [200, 200]


def test_progress_ends_with_every_byte(gate: Gate, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    image = read_layout(layout(tmp_path / "oci", "arm64"))

    push(image, gate.repository, TAG, on_progress=lambda *done: told.append(done))

    total = sum(blob.size for blob in image.all_blobs().values())
    assert told[-1] == (total, total)
    assert {whole for _, whole in told} == {total}


def test_an_upload_that_broke_off_is_begun_anew(gate: Gate, tmp_path: Path) -> None:
    image = read_layout(layout(tmp_path / "oci", "arm64", layers=[bytes(3_000_000)]))
    gate.cut = 2

    push(image, gate.repository, TAG, on_progress=lambda *_: None)

    assert gate.cut == 0
    assert gate.get(f"manifests/{TAG}") == (200, image.content)


def test_an_answer_that_was_lost_is_no_tag_that_is_taken(gate: Gate, tmp_path: Path) -> None:
    image = read_layout(layout(tmp_path / "oci", "arm64"))
    gate.lost = 1

    push(image, gate.repository, TAG, on_progress=lambda *_: None)

    assert gate.lost == 0
    assert gate.get(f"manifests/{TAG}") == (200, image.content)


def test_a_blob_that_a_registry_keeps_elsewhere_is_there(gate: Gate, tmp_path: Path) -> None:
    folder = layout(tmp_path / "oci", "arm64")
    pushed(gate, folder)
    gate.answer = redirected
    gate.seen.clear()

    assert pushed(gate, folder, "release-2") == 0
    assert gate.count("POST") == 0


def redirected(request: web.Request) -> web.Response | None:
    """What a registry says whose blobs are in a bucket."""
    if request.method != "HEAD" or "/blobs/" not in request.path:
        return None
    return web.Response(status=307, headers={"Location": "https://bucket.example.com/blob"})


def test_a_network_that_stays_away_is_a_line_and_the_next_push_goes_on(
    gate: Gate, tmp_path: Path
) -> None:
    folder = layout(tmp_path / "oci", "arm64", layers=[b"a", bytes(3_000_000)])
    gate.cut = 1_000

    with pytest.raises(RegistryError, match=r"is not reached: .*run the same command again$"):
        pushed(gate, folder)

    assert gate.get(f"manifests/{TAG}")[0] == 404
    gate.cut = 0
    pushed(gate, folder)
    assert gate.get(f"manifests/{TAG}")[0] == 200


def test_a_registry_that_is_busy_is_asked_again(gate: Gate, tmp_path: Path) -> None:
    gate.refuse("POST", "/uploads/", 503, "UNAVAILABLE", "slow down")

    says = refused(gate, layout(tmp_path / "oci", "arm64"))

    assert says == "the registry fails (503: slow down); run the same command again"
    assert gate.count("POST") >= 3


REFUSALS = {
    "no such repository": (
        ("POST", "/uploads/", 404, "NAME_UNKNOWN", "The repository does not exist"),
        "there is no such repository; make it: pulumi -C bootstrap up",
    ),
    "no right": (
        ("POST", "/uploads/", 403, "DENIED", DENIED),
        f"these credentials may not push: {DENIED}; the rights stand in docs/image.md",
    ),
    "a tag that is taken": (
        ("PUT", "/manifests/", 400, "TAG_INVALID", "The image tag 'release-1' already exists"),
        f"the tag is taken: The image tag 'release-1' already exists; {BY_HAND}",
    ),
    "another content": (
        ("PUT", "/uploads/", 400, "DIGEST_INVALID", "not the same"),
        "the registry refuses (400 DIGEST_INVALID: not the same)",
    ),
    "no login": (
        ("HEAD", "/blobs/", 401, "UNAUTHORIZED", ""),
        "these credentials may not push; the rights stand in docs/image.md",
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_a_registry_refuses_is_one_line(gate: Gate, tmp_path: Path, refusal: str) -> None:
    answer, says = REFUSALS[refusal]
    gate.refuse(*answer)

    assert refused(gate, layout(tmp_path / "oci", "arm64")) == says


def test_a_tag_of_another_image_is_left_alone(gate: Gate, tmp_path: Path) -> None:
    pushed(gate, layout(tmp_path / "one", "arm64"))
    before = gate.get(f"manifests/{TAG}")

    says = refused(gate, layout(tmp_path / "two", "arm64", layers=[b"three"]))

    assert re.match(r"the tag release-1 is taken by sha256:[0-9a-f]{64}; it was given by", says)
    assert gate.get(f"manifests/{TAG}") == before


def test_a_refusal_that_is_no_json_is_a_line_too(gate: Gate, tmp_path: Path) -> None:
    gate.refuse("POST", "/uploads/", 418, "", "")

    assert refused(gate, layout(tmp_path / "oci", "arm64")) == "the registry refuses (418 )"


def test_the_login_is_in_no_repr(gate: Gate) -> None:
    assert LOGIN not in repr(gate.repository)
