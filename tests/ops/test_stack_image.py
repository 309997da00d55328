"""An image put into a stack file: nothing else of the file changes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.errors import SettingsFaultError
from stackyard.ops.engine import Workspace
from stackyard.ops.release import stack_file
from stackyard.stack_files import sections_of, settings_of
from stackyard.stack_image import set_image
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


def test_a_comment_that_names_the_image_stays(tmp_path: Path) -> None:
    file = written(tmp_path, f"# once it was IMAGE\n{TEXT}")

    set_image(file, V2.image)

    old, new = f"# once it was {V1.image}\n", TEXT.replace("IMAGE", V2.image)
    assert file.read_bytes().decode() == old + new


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_stay(tmp_path: Path, quote: str) -> None:
    text = TEXT.replace("IMAGE", f"{quote}IMAGE{quote}")
    file = written(tmp_path, text)

    set_image(file, V2.image)

    assert file.read_bytes().decode() == text.replace("IMAGE", V2.image)


def test_an_image_in_two_lines_becomes_one(tmp_path: Path) -> None:
    text = TEXT.replace("IMAGE", '"registry.example.com/\\\n      api@IMAGE"')
    file = written(tmp_path, text.replace("api@IMAGE", f"api@{V1.digest}"))

    set_image(file, V2.image)

    assert file.read_bytes().decode() == TEXT.replace("IMAGE", f'"{V2.image}"')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n    image:  # soon", "\n    image: IMAGE  # soon"),
        ("\n    image: ~", "\n    image: IMAGE"),
        ("\n    # why\n    port: 5001", "\n    # why\n    image: IMAGE\n    port: 5001"),
        ("\n      port: 5001", "\n      image: IMAGE\n      port: 5001"),
        (" # soon", "\n    image: IMAGE # soon"),
        (" {}", ' {image: "IMAGE"}'),
        (" {port: 5001}", ' {image: "IMAGE", port: 5001}'),
    ],
)
def test_the_first_image_gets_a_place_in_its_section(
    tmp_path: Path, before: str, after: str
) -> None:
    head, tail = "config:\n  stackyard:app:", "\n  stackyard:observe: {logDays: 7}\n"
    file = tmp_path / NAME
    file.write_text(head + before + tail)

    set_image(file, V2.image)

    assert file.read_text() == (head + after + tail).replace("IMAGE", V2.image)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        (
            "config:\n  a:b: {}  # last\n\n# end\n",
            "config:\n  a:b: {}  # last\n  stackyard:app:\n    image: IMAGE\n\n# end\n",
        ),
        ("config:\n  a:b: 1", "config:\n  a:b: 1\n  stackyard:app:\n    image: IMAGE\n"),
        (
            "config:\n    a:b:\n    - |\n      z\nz: 1\n",
            "config:\n    a:b:\n    - |\n      z\n    stackyard:app:\n      image: IMAGE\nz: 1\n",
        ),
        ("config: {}\n", 'config: {"stackyard:app": {image: "IMAGE"}}\n'),
    ],
)
def test_the_first_image_gets_its_section(tmp_path: Path, text: str, added: str) -> None:
    file = tmp_path / NAME
    file.write_text(text)

    set_image(file, V2.image)

    assert file.read_text() == added.replace("IMAGE", V2.image)


def test_a_section_without_the_projects_name_is_the_same_section(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_text("config:\n  app:\n    port: 5001\n")

    set_image(file, V2.image)

    assert sections_of(file) == {"app": {"image": V2.image, "port": 5001}}


def test_an_image_that_stands_for_something_else_too_is_left_to_the_user(tmp_path: Path) -> None:
    text = TEXT.replace("IMAGE", "*it").replace("config:", "was: &it IMAGE\nconfig:")
    file = written(tmp_path, text.replace("owner: platform", "owner: *it"))
    before = file.read_bytes()

    with pytest.raises(SettingsFaultError, match=f"set it to {V2.image} by hand, then run"):
        set_image(file, V2.image)

    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_the_file_keeps_its_mode(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.chmod(0o640)

    set_image(file, V2.image)

    assert file.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target = written(tmp_path / "kept")
    link = tmp_path / NAME
    link.symlink_to(target)

    set_image(link, V2.image)

    assert link.is_symlink()
    assert settings_of(target).app.image == V2.image


def test_the_stack_file_stands_beside_the_project(tmp_path: Path) -> None:
    assert stack_file(workspace(tmp_path)) == tmp_path / NAME


def test_the_stack_file_is_the_one_that_the_cli_is_told_of(tmp_path: Path) -> None:
    told = workspace(tmp_path, PULUMI_OPTION_CONFIG_FILE="/elsewhere/Pulumi.x.yaml")

    assert stack_file(told) == Path("/elsewhere/Pulumi.x.yaml")
