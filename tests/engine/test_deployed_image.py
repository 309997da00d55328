"""`stackyard image set` on the real engine: the image of a stack that stands, or of none yet."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.errors import SettingsFaultError
from stackyard.ops import run
from stackyard.ops.deployed import deployed_image, name_image
from stackyard.progress import Progress
from tests.engine.cli_stack import CliStack, cli_stack

pytestmark = pytest.mark.engine

IMAGE = "registry.example.com/api@sha256:" + 64 * "a"
PROGRAM = f"""import pulumi

pulumi.export("app", {{"image": {IMAGE!r}, "namespace": "app"}})
"""
FILE = "config:\n  stackyard:app:\n    image: old # moved by pushes\n"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliStack]:
    with cli_stack(tmp_path) as made:
        for name, value in made.workspace.variables.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "__main__.py").write_text(PROGRAM)
        yield made


def test_the_image_of_a_stack_is_that_of_its_outputs(stack: CliStack) -> None:
    assert deployed_image(stack.workspace.root, "test") is None

    run.up(stack.workspace, Progress(quiet=True))

    assert deployed_image(stack.workspace.root, "test") == IMAGE


def test_a_named_image_is_all_that_changes_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(FILE)

    assert name_image(tmp_path, "prod", IMAGE) == file.name
    assert file.read_text() == FILE.replace("old", IMAGE)


@pytest.mark.parametrize("image", ["api:latest", "", json.dumps(IMAGE), f"{IMAGE}\n"])
def test_an_image_without_a_digest_is_refused(tmp_path: Path, image: str) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(FILE)

    with pytest.raises(SettingsFaultError, match="is no image by digest; write <repository>@"):
        name_image(tmp_path, "prod", image)

    assert (tmp_path / "Pulumi.prod.yaml").read_text() == FILE
