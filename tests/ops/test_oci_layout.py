"""A folder that should be an OCI layout: what is read of it, and what is wrong with it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.ops.oci_layout import read_layout
from tests.ops.registries import layout


def blob(folder: Path, which: int) -> Path:
    """The blob that an image's manifest names at a place; -1 is the manifest itself."""
    (described,) = json.loads((folder / "index.json").read_text())["manifests"]
    manifest = folder / "blobs" / described["digest"].replace(":", "/")
    if which < 0:
        return manifest
    layers = json.loads(manifest.read_text())["layers"]
    return folder / "blobs" / layers[which]["digest"].replace(":", "/")


def test_an_image_has_its_configuration_and_layers(tmp_path: Path) -> None:
    image = read_layout(layout(tmp_path, "arm64", layers=[b"one", b"two"]))

    contents = [each.path.read_bytes() for each in image.blobs[1:]]
    assert contents == [b"one", b"two", b"arm64"]
    assert image.platforms == {"linux/arm64"}


def test_an_index_comes_after_its_images_and_shares_their_layers(tmp_path: Path) -> None:
    image = read_layout(layout(tmp_path, "amd64", "arm64", layers=[b"same"]))

    order = list(image.all_manifests())
    assert [len(each.images) for each in order] == [0, 0, 2]
    assert image.platforms == {"linux/amd64", "linux/arm64"}
    # Two configurations, the same layer, one layer each.
    assert len(image.all_blobs()) == 5


def remove_mark(folder: Path) -> None:
    (folder / "oci-layout").unlink()


def break_index(folder: Path) -> None:
    (folder / "index.json").write_text("{")


def empty_index(folder: Path) -> None:
    (folder / "index.json").write_text("{}")


def remove_layer(folder: Path) -> None:
    blob(folder, 0).unlink()


def cut_layer(folder: Path) -> None:
    blob(folder, 0).write_bytes(b"o")


def change_manifest(folder: Path) -> None:
    manifest = blob(folder, -1)
    manifest.write_bytes(manifest.read_bytes().replace(b"2", b"3", 1))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (remove_mark, r"is no OCI layout: .*oci-layout is not there; make one: sudo app-image"),
        (break_index, r"is damaged: index.json or oci-layout is no JSON"),
        (empty_index, r"holds 0 images; give a layout of one, or of one index"),
        (remove_layer, r"is damaged: sha256:\w{64} is not there; build it again"),
        (cut_layer, r"is damaged: sha256:\w{64} has 1 bytes of 3; build it again"),
        (change_manifest, r"is damaged: \w{64} is not what its name says; build it again"),
    ],
)
def test_what_is_wrong_with_a_layout_is_one_line(
    tmp_path: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(layout(tmp_path, "arm64"))

    with pytest.raises(StackyardError, match=says) as problem:
        read_layout(tmp_path)

    assert len(str(problem.value).splitlines()) == 1


def test_a_folder_that_is_not_there_is_no_layout(tmp_path: Path) -> None:
    with pytest.raises(StackyardError, match="is no OCI layout"):
        read_layout(tmp_path / "nothing")
