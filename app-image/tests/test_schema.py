"""The image's migrations, and which of them may be applied."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.schema import Migration, RefusedMigrationError, level, read_migrations, to_apply

TABLE = "CREATE TABLE a (b INT)"
EXPAND = f"-- phase: expand\n{TABLE}"


def folder(path: Path, **files: str) -> Path:
    """Files by the name's stem."""
    for stem, text in files.items():
        (path / f"{stem}.sql").write_text(text)
    return path


def contract(needs: str) -> str:
    return f"-- phase: contract\n-- needs: {needs}\nDROP TABLE a"


def migration(number: int, needs: int | None = None) -> Migration:
    return Migration(name=f"{number:04}_a.sql", statement=TABLE, needs=needs)


def test_the_images_own_migrations_are_sound():
    names = [found.name for found in read_migrations()]

    assert names == ["0001_users.sql", "0002_posts.sql"]


def test_the_level_is_the_number_of_files(tmp_path: Path):
    (tmp_path / "README.md").touch()

    assert level(folder(tmp_path, **{"0001_a": EXPAND, "0002_b": EXPAND})) == 2


def test_a_contract_migration_says_what_it_needs(tmp_path: Path):
    files = folder(tmp_path, **{"0001_a": EXPAND, "0002_b": contract("1")})

    expand, found = read_migrations(files)

    assert expand.needs is None
    assert (found.needs, found.needs_line) == (1, 2)


@pytest.mark.parametrize("name", ["0002_a", "1_a", "0001a", "0001_A", "0001_", "0000_a"])
def test_a_name_that_does_not_say_its_number_is_refused(tmp_path: Path, name: str):
    with pytest.raises(RefusedMigrationError, match=rf"{name}\.sql: .*name it 0001_what_it_does"):
        read_migrations(folder(tmp_path, **{name: EXPAND}))


def test_a_gap_is_refused(tmp_path: Path):
    with pytest.raises(RefusedMigrationError, match=r"0003_c\.sql: .*the file number 2"):
        read_migrations(folder(tmp_path, **{"0001_a": EXPAND, "0003_c": EXPAND}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TABLE, "line 1: it says no phase"),
        (f"-- phase: other\n{TABLE}", "line 1: it says no phase"),
        (f"-- Phase: expand\n{TABLE}", "line 1: it says no phase"),
        (f"/*\n-- phase: expand\n*/ {TABLE}", "line 1: it says no phase"),
        (f"{TABLE}\n-- phase: expand", "line 1: it says no phase"),
        (f"-- phase: expand\n\n-- phase: contract\n{TABLE}", "line 3: a second phase"),
        (f"-- phase: expand\n-- needs: 1\n{TABLE}", "line 2: an expand migration needs nothing"),
        (f"-- phase: contract\n{TABLE}", "line 1: a contract migration says what"),
        (contract("0"), "line 2: a contract migration says what"),
        (contract("x"), "line 2: a contract migration says what"),
        (contract("+1"), "line 2: a contract migration says what"),
        (contract("2"), "line 2: a contract migration says what.* n from 1 to 1"),
        ("-- phase: expand\n\nDROP TABLE a", "line 3: the version that runs may use"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_with_its_line(tmp_path: Path, text: str, reason: str):
    with pytest.raises(RefusedMigrationError, match=rf"0002_b\.sql: {reason}"):
        read_migrations(folder(tmp_path, **{"0001_a": EXPAND, "0002_b": text}))


def test_a_phase_inside_the_statement_is_a_comment_only(tmp_path: Path):
    text = "-- A table.\n-- phase: expand\nCREATE TABLE a (\n-- phase: contract\nb INT)"

    (found,) = read_migrations(folder(tmp_path, **{"0001_a": text}))

    assert found.needs is None


@pytest.mark.parametrize("floor", [None, 1, 2, 9])
def test_a_contract_migration_is_new_where_no_version_that_needs_the_old_may_come_back(
    floor: int | None,
):
    new = to_apply([migration(1), migration(2, needs=1)], {"0001_a.sql": None}, set(), floor)

    assert [found.name for found in new] == ["0002_a.sql"]


def test_a_contract_migration_is_refused_while_an_older_version_may_come_back():
    images = [migration(1), migration(2), migration(3, needs=2)]

    with pytest.raises(
        RefusedMigrationError, match=r"0003_a\.sql: .*level 1, below 2; release an image of level 2"
    ):
        to_apply(images, {"0001_a.sql": None}, set(), 1)


def test_an_applied_contract_migration_is_refused_no_more():
    applied = {"0001_a.sql": None, "0002_a.sql": 1}

    assert to_apply([migration(1), migration(2, needs=1)], applied, set(), 0) == []


def test_an_image_below_what_is_applied_is_refused():
    applied = {"0001_a.sql": None, "0002_a.sql": None, "0003_a.sql": 2}

    with pytest.raises(RefusedMigrationError, match=r"0003_a\.sql: .*level 1 is below 2; run an"):
        to_apply([migration(1)], applied, set(), None)


def test_an_older_image_may_run_on_what_was_only_added():
    applied = {"0001_a.sql": None, "0002_a.sql": None, "0003_a.sql": None}

    assert to_apply([migration(1), migration(2)], applied, set(), 3) == []


def test_what_was_begun_and_never_noted_as_done_is_applied_again():
    applied = {"0001_a.sql": None, "0002_a.sql": None}

    (again,) = to_apply([migration(1), migration(2)], applied, {"0002_a.sql"}, 1)

    assert again.name == "0002_a.sql"


def test_an_image_below_what_was_only_begun_is_refused():
    applied = {"0001_a.sql": None, "0002_a.sql": None, "0003_a.sql": 2}

    with pytest.raises(RefusedMigrationError, match="level 1 is below 2"):
        to_apply([migration(1)], applied, {"0003_a.sql"}, None)


def test_a_database_with_another_history_is_refused():
    with pytest.raises(RefusedMigrationError, match=r"0001_b\.sql: .*this image has 0001_a\.sql"):
        to_apply([migration(1), migration(2)], {"0001_b.sql": None}, set(), None)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Migration], list[tuple[int, bool]]]:
    """Migrations; the levels of images released one after another, and whether each stays."""
    numbers = range(1, draw(st.integers(1, 8)) + 1)
    needs = [draw(st.none() | st.integers(1, n - 1)) if n > 1 else None for n in numbers]
    images = draw(st.lists(st.tuples(st.sampled_from(numbers), st.booleans()), max_size=12))
    return [migration(n, need) for n, need in zip(numbers, needs, strict=True)], images


@given(histories())
def test_no_row_of_releases_leaves_a_version_on_a_schema_that_it_cannot_use(
    history: tuple[list[Migration], list[tuple[int, bool]]],
):
    migrations, images = history
    applied: dict[str, int | None] = {}
    live: int | None = None
    for image, stays in images:
        try:
            new = to_apply(migrations[:image], applied, set(), live)
        except RefusedMigrationError:
            continue
        applied |= {found.name: found.needs for found in new}
        serving = min(image, live or image)

        assert all(needs is None or needs <= serving for needs in applied.values())
        live = image if stays else live
