"""How many migrations the image has, and which of them may be applied."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packages import APP_IMAGE, packages
from task1.schema import Migration, RefusedMigrationError, level, to_apply


def migration(number: int, needs: int | None = None) -> Migration:
    return Migration(name=f"{number:04}_a", statement="CREATE TABLE a (b INT)", needs=needs)


def test_the_level_is_the_number_of_revisions(tmp_path: Path):
    versions = tmp_path / "versions"
    (versions / "__pycache__").mkdir(parents=True)
    for name in ("0001_a.py", "0002_b.py", "README.md", "__pycache__/0001_a.pyc"):
        (versions / name).touch()

    assert level(tmp_path) == 2


def test_the_level_costs_the_api_neither_alembic_nor_sqlalchemy():
    ask = "import sys; from task1.schema import level; level(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={"PYTHONPATH": f"{packages()}:{APP_IMAGE}"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert {"alembic", "sqlalchemy", "pymysql"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("floor", [None, 1, 2, 9])
def test_a_contract_migration_is_new_where_no_version_that_needs_the_old_may_come_back(
    floor: int | None,
):
    new = to_apply([migration(1), migration(2, needs=1)], {"0001_a": None}, set(), floor)

    assert [found.name for found in new] == ["0002_a"]


def test_a_contract_migration_is_refused_while_an_older_version_may_come_back():
    images = [migration(1), migration(2), migration(3, needs=2)]

    with pytest.raises(
        RefusedMigrationError, match=r"0003_a\.py: .*level 1, below 2; release an image of level 2"
    ):
        to_apply(images, {"0001_a": None}, set(), 1)


def test_an_applied_contract_migration_is_refused_no_more():
    applied = {"0001_a": None, "0002_a": 1}

    assert to_apply([migration(1), migration(2, needs=1)], applied, set(), 0) == []


def test_an_image_below_what_is_applied_is_refused():
    applied = {"0001_a": None, "0002_a": None, "0003_a": 2}

    with pytest.raises(RefusedMigrationError, match=r"0003_a\.py: .*level 1 is below 2; run an"):
        to_apply([migration(1)], applied, set(), None)


def test_an_older_image_may_run_on_what_was_only_added():
    applied = {"0001_a": None, "0002_a": None, "0003_a": None}

    assert to_apply([migration(1), migration(2)], applied, set(), 3) == []


def test_what_was_begun_and_never_noted_as_done_is_applied_again():
    applied = {"0001_a": None, "0002_a": None}

    (again,) = to_apply([migration(1), migration(2)], applied, {"0002_a"}, 1)

    assert again.name == "0002_a"


def test_an_image_below_what_was_only_begun_is_refused():
    applied = {"0001_a": None, "0002_a": None, "0003_a": 2}

    with pytest.raises(RefusedMigrationError, match="level 1 is below 2"):
        to_apply([migration(1)], applied, {"0003_a"}, None)


def test_a_database_with_another_history_is_refused():
    with pytest.raises(RefusedMigrationError, match=r"0001_b\.py: .*this image has 0001_a\.py"):
        to_apply([migration(1), migration(2)], {"0001_b": None}, set(), None)


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
