"""Secrets of a slot: made once, private, never shown."""

import dataclasses
import json
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local.layout import Layout
from stackyard.local.secrets import (
    FILE,
    atomic_file,
    make_secrets,
    read_secrets,
    write_private,
)


def _layout(root: Path) -> Layout:
    return Layout(root=root, slot=101)


def test_secrets_stay_the_same(tmp_path: Path):
    made = make_secrets(_layout(tmp_path))

    again, read = make_secrets(_layout(tmp_path)), read_secrets(_layout(tmp_path))

    assert (again, read) == (made, made)


def test_no_two_secrets_are_equal(tmp_path: Path):
    first = make_secrets(_layout(tmp_path / "a"))
    second = make_secrets(_layout(tmp_path / "b"))

    values = [*dataclasses.astuple(first), *dataclasses.astuple(second)]

    assert len(set(values)) == 14


def test_the_file_is_its_owners_alone(tmp_path: Path):
    layout = _layout(tmp_path)

    make_secrets(layout)

    assert (layout.secrets / FILE).stat().st_mode & 0o777 == 0o600
    assert layout.secrets.stat().st_mode & 0o777 == 0o700


def test_no_secret_shows_in_repr(tmp_path: Path):
    secrets = make_secrets(_layout(tmp_path))

    shown = repr(secrets)

    assert shown == "Secrets()"


def test_the_access_key_id_looks_like_no_key_of_aws(tmp_path: Path):
    key_id = make_secrets(_layout(tmp_path)).access_key_id

    assert key_id.startswith("LOCAL")
    assert (len(key_id), key_id.isalnum()) == (20, True)


def test_a_secret_that_an_older_file_lacks_is_added(tmp_path: Path):
    layout = _layout(tmp_path)
    before = make_secrets(layout)
    stored = json.loads((layout.secrets / FILE).read_text())
    del stored["internal_token"]
    write_private(layout.secrets / FILE, json.dumps(stored))

    after = make_secrets(layout)

    assert after.internal_token not in {"", before.internal_token}
    assert after.kube_token == before.kube_token


def test_a_slot_that_was_never_started_has_none(tmp_path: Path):
    with pytest.raises(StackyardError, match="slot 101 is down; run: make up"):
        read_secrets(_layout(tmp_path))


@pytest.mark.parametrize("content", ["{", "[1]", "7"])
def test_a_damaged_file_is_named(tmp_path: Path, content: str):
    layout = _layout(tmp_path)
    write_private(layout.secrets / FILE, content)

    with pytest.raises(StackyardError, match=r"secrets\.json is no JSON object; run: make down"):
        make_secrets(layout)


def test_reading_an_incomplete_file_names_what_lacks(tmp_path: Path):
    layout = _layout(tmp_path)
    write_private(layout.secrets / FILE, '{"kube_token": "x"}')

    with pytest.raises(StackyardError, match=r"lacks access_key_id, secret_access_key, repl"):
        read_secrets(layout)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path):
    target = tmp_path / "file"
    write_private(target, "old")

    with (
        pytest.raises(FileNotFoundError, match="absent"),
        atomic_file(target) as temporary,
    ):
        temporary.write_bytes(b"new" + (tmp_path / "absent").read_bytes())

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "old")]
