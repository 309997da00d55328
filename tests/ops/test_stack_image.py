"""An image put into a stack file: nothing else of the file changes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.errors import SettingsFaultError
from stackyard.ops.engine import Workspace
from stackyard.ops.release import set_image, stack_file
from stackyard.stack_files import settings_of
from tests.release.world import V1, V2

NAME = "Pulumi.prod.yaml"
TEXT = """\
# The shop, in production.
encryptionsalt: v1:abc=
config:
  stackyard:env: {size: large, region: us-east-1, accountId: "123456789012", owner: platform,
                  costCenter: "1", domain: example.com, zoneId: Z0123456789EXAMPLE}
  stackyard:cluster:
    allowedCidrs: [203.0.113.0/24]   # the office
    adminRoleArns:
    - arn:aws:iam::123456789012:role/deploy
  stackyard:app:
    image: IMAGE  # moved by releases
    minReplicas:   3
"""


def written(folder: Path, text: str = TEXT) -> Path:
    file = folder / NAME
    file.write_bytes(text.replace("IMAGE", V1.image).encode())
    return file


def workspace(folder: Path, **variables: str) -> Workspace:
    return Workspace(
        root=folder,
        stack="prod",
        variables=variables,
        events=folder / "events",
        log=folder / "log",
    )


def test_every_other_letter_stays(tmp_path: Path) -> None:
    file = written(tmp_path)

    set_image(file, V2.image)

    assert file.read_bytes().decode() == TEXT.replace("IMAGE", V2.image)


def test_line_ends_of_another_system_stay(tmp_path: Path) -> None:
    text = TEXT.replace("\n", "\r\n")
    file = written(tmp_path, text)

    set_image(file, V2.image)

    assert file.read_bytes().decode() == text.replace("IMAGE", V2.image)


@given(comment=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"])))
def test_whatever_a_comment_says_stays(
    tmp_path_factory: pytest.TempPathFactory, comment: str
) -> None:
    text = f"# {comment}\n{TEXT}"
    file = written(tmp_path_factory.mktemp("stack"), text)

    set_image(file, V2.image)

    assert file.read_bytes().decode() == text.replace("IMAGE", V2.image)


def test_the_same_image_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    file = written(tmp_path)

    set_image(file, V1.image)

    assert file.read_bytes().decode() == TEXT.replace("IMAGE", V1.image)


@pytest.mark.parametrize(
    "text",
    [
        f"# once it was IMAGE\n{TEXT}",
        TEXT.replace("IMAGE", '"registry.example.com/\\\n      api@IMAGE"').replace(
            "api@IMAGE", f"api@{V1.digest}"
        ),
    ],
    ids=["twice", "in two lines"],
)
def test_a_place_that_is_not_clear_is_left_to_the_user(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    before = file.read_bytes()

    with pytest.raises(SettingsFaultError, match=f"set it to {V2.image} by hand, then run"):
        set_image(file, V2.image)

    assert file.read_bytes() == before
    assert settings_of(file).app.image == V1.image


def test_the_stack_file_stands_beside_the_project(tmp_path: Path) -> None:
    assert stack_file(workspace(tmp_path)) == tmp_path / NAME


def test_the_stack_file_is_the_one_that_the_cli_is_told_of(tmp_path: Path) -> None:
    told = workspace(tmp_path, PULUMI_OPTION_CONFIG_FILE="/elsewhere/Pulumi.x.yaml")

    assert stack_file(told) == Path("/elsewhere/Pulumi.x.yaml")
