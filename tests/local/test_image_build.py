"""The API's image is built once for its content, whole or not at all."""

from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local import image_build
from stackyard.local.image_build import build_image, digest_of, folder_contents
from stackyard.local.images import find_image
from stackyard.local.layout import Layout


def checkout(root: Path, *, code: str = "print('hello')\n", lock: str = "# empty\n") -> Layout:
    source = root / "app-image"
    (source / "task1" / "migrations" / "versions").mkdir(parents=True, exist_ok=True)
    (source / "tests").mkdir(exist_ok=True)
    (source / "tests" / "test_it.py").write_text("")
    (source / "task1" / "__init__.py").write_text("")
    (source / "task1" / "__main__.py").write_text(code)
    (source / "task1" / "migrations" / "versions" / "0001_users.py").write_text("")
    (source / "requirements.lock").write_text(lock)
    layout = Layout(root=root, slot=100)
    layout.folder.mkdir(parents=True, exist_ok=True)
    layout.certificate_authority.write_text("the local CA")
    return layout


def folder_of(layout: Layout, reference: str) -> Path:
    return layout.images / reference.rpartition(":")[2]


def test_the_image_holds_code_trust_and_configuration(tmp_path: Path) -> None:
    layout = checkout(tmp_path)

    folder = folder_of(layout, build_image(layout))

    assert set(folder_contents(folder)) == {
        "config.json",
        "etc/ca.pem",
        "src/task1/__init__.py",
        "src/task1/__main__.py",
        "src/task1/migrations/versions/0001_users.py",
    }
    assert (folder / "etc" / "ca.pem").read_text() == "the local CA"


def test_the_node_finds_what_was_built(tmp_path: Path) -> None:
    layout = checkout(tmp_path)

    reference = build_image(layout)

    found = find_image(layout.images, reference)
    assert found.entrypoint == ("python", "-m", "task1")
    assert found.environment["SSL_CERT_FILE"] == f"{found.folder}/etc/ca.pem"


def test_the_digest_is_that_of_the_folders_content(tmp_path: Path) -> None:
    layout = checkout(tmp_path)

    reference = build_image(layout)

    folder = folder_of(layout, reference)
    assert digest_of(folder_contents(folder)) == folder.name
    assert list(folder.rglob("*.pyc"))


def test_the_same_content_is_built_once(tmp_path: Path) -> None:
    layout = checkout(tmp_path)

    first = build_image(layout)
    (folder_of(layout, first) / "kept").touch()
    second = build_image(layout)

    assert second == first
    assert (folder_of(layout, first) / "kept").exists()


def test_other_code_is_another_image_and_the_first_stays(tmp_path: Path) -> None:
    first = build_image(checkout(tmp_path))
    layout = checkout(tmp_path, code="print('bye')\n")

    second = build_image(layout)

    assert second != first
    assert folder_of(layout, first).exists()


def test_another_authority_is_another_image(tmp_path: Path) -> None:
    layout = checkout(tmp_path)
    first = build_image(layout)

    layout.certificate_authority.write_text("another CA")

    assert build_image(layout) != first


def test_bytecode_and_scripts_are_no_part_of_the_digest(tmp_path: Path) -> None:
    for name in ("a.py", "__pycache__/a.pyc", "bin/tool"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")

    assert set(folder_contents(tmp_path)) == {"a.py"}


def test_a_path_is_part_of_the_digest() -> None:
    assert digest_of({"a": b"x"}) != digest_of({"b": b"x"})
    assert digest_of({"a": b"xb", "c": b""}) != digest_of({"a": b"x", "bc": b""})


def test_packages_that_cannot_be_installed_leave_nothing_behind(tmp_path: Path) -> None:
    # No index is asked: the package is looked for in an empty folder.
    lock = f"--no-index\n--find-links {tmp_path}\nnot-there==1 --hash=sha256:{'0' * 64}\n"
    layout = checkout(tmp_path, lock=lock)

    with pytest.raises(StackyardError, match=r"packages can't be installed:(?s:.*)not-there"):
        build_image(layout)

    assert not layout.images.exists()
    assert list((tmp_path / ".local" / "cache" / "packages").iterdir()) == []


def test_an_image_that_breaks_while_it_is_made_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = checkout(tmp_path)

    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(image_build.shutil, "copy2", broken)

    with pytest.raises(OSError, match="no space left"):
        build_image(layout)
    assert list(layout.images.iterdir()) == []


def test_the_images_used_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_build, "KEPT_IMAGES", 2)

    layout = checkout(tmp_path)
    built = [build_image(checkout(tmp_path, code=f"print({n})\n")) for n in range(3)]

    kept = [folder_of(layout, reference).exists() for reference in built]
    assert kept[1:] == [True, True]
    assert kept[0] is False
