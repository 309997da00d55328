"""The image's revisions as they are read: what each says of itself, and what it would send."""

from pathlib import Path

import pytest

from task1.revisions import read_migrations
from task1.schema import RefusedMigrationError

FIRST = '''from alembic import op
revision = "0001_a"
down_revision = None
phase = "expand"
def upgrade():
    op.execute("""CREATE TABLE a (b INT)""")
'''
SECOND = FIRST.replace('"0001_a"', '"0002_b"').replace("None", '"0001_a"')
UPGRADE = 'op.execute("""CREATE TABLE a (b INT)""")'
PHASE = 'phase = "expand"'
CONTRACT = 'phase = "contract"'


def folder(path: Path, **files: str) -> Path:
    """Files by the name's stem."""
    (path / "versions").mkdir()
    for stem, text in files.items():
        (path / "versions" / f"{stem}.py").write_text(text)
    return path


def second(path: Path, instead_of: str, written: str) -> Path:
    """Two files, of which the second has one thing written otherwise."""
    assert instead_of in SECOND
    return folder(path, **{"0001_a": FIRST, "0002_b": SECOND.replace(instead_of, written)})


def statement_of(path: Path, upgrade: str) -> str:
    return read_migrations(second(path, UPGRADE, upgrade))[1].statement


def test_the_images_own_migrations_are_sound():
    found = [(migration.name, migration.needs) for migration in read_migrations()]

    assert found == [("0001_users", None), ("0002_posts", None), ("0003_refresh_tokens", None)]


def test_a_contract_migration_says_what_it_needs(tmp_path: Path):
    files = second(tmp_path, PHASE, f"{CONTRACT}\nneeds = 1")

    expand, found = read_migrations(files)

    assert expand.needs is None
    assert (found.needs, found.needs_line) == (1, 5)


def test_types_may_be_written_beside_what_is_declared(tmp_path: Path):
    files = second(tmp_path, PHASE, 'phase: str = "contract"\nneeds: int | None = 1')

    assert read_migrations(files)[1].needs == 1


@pytest.mark.parametrize(
    "name", ["0002_a", "1_a", "0001a", "0001_A", "0001_", "0000_a", f"0001_{'a' * 28}"]
)
def test_a_name_that_does_not_say_its_number_is_refused(tmp_path: Path, name: str):
    files = folder(tmp_path, **{name: FIRST.replace("0001_a", name)})

    with pytest.raises(RefusedMigrationError, match=rf"{name}\.py: .*name it 0001_what_it_does"):
        read_migrations(files)


def test_a_name_of_32_characters_is_taken(tmp_path: Path):
    name = f"0001_{'a' * 27}"

    (found,) = read_migrations(folder(tmp_path, **{name: FIRST.replace("0001_a", name)}))

    assert found.name == name


def test_a_gap_is_refused(tmp_path: Path):
    with pytest.raises(RefusedMigrationError, match=r"0003_b\.py: .*the file number 2"):
        read_migrations(folder(tmp_path, **{"0001_a": FIRST, "0003_b": SECOND}))


@pytest.mark.parametrize(
    ("instead_of", "written", "reason"),
    [
        (PHASE, "", "line 1: it says no phase"),
        (PHASE, 'phase = "other"', "line 4: it says no phase"),
        (PHASE, 'phase = "Expand"', "line 4: it says no phase"),
        (PHASE, f"if True:\n    {PHASE}", "line 1: it says no phase"),
        (PHASE, f"{PHASE}\n\n{CONTRACT}", "line 6: a second phase"),
        (PHASE, 'phase = "exp" + "and"', "line 4: its phase is not written out"),
        (PHASE, f"{PHASE}\nneeds = 1", "line 5: an expand migration needs nothing"),
        (PHASE, CONTRACT, "line 4: a contract migration says what"),
        (PHASE, f"{CONTRACT}\nneeds = 0", "line 5: a contract migration says what"),
        (PHASE, f'{CONTRACT}\nneeds = "1"', "line 5: a contract migration says what"),
        (PHASE, f"{CONTRACT}\nneeds = True", "line 5: a contract migration says what"),
        (PHASE, f"{CONTRACT}\nneeds = None", "line 5: a contract migration says what"),
        (PHASE, f"{CONTRACT}\nneeds = 2", "line 5: a contract migration says what.* n from 1 to 1"),
        ('revision = "0002_b"', 'revision = "b"', "line 2: its revision is not '0002_b'"),
        ('revision = "0002_b"', "", r"line \d: its revision is not '0002_b'"),
        ('"0001_a"', "None", "line 3: its down_revision is not '0001_a'"),
        ('"0001_a"', '("0001_a", "0000_x")', "line 3: its down_revision is not written out"),
        ("def upgrade", "def downgrade", r"line 1: it has no upgrade\(\)"),
        ("def upgrade()", "def upgrade(", "line 5: it is no Python"),
        ("from alembic import op", "import nowhere", "line 1: it raises ModuleNotFound"),
        (PHASE, f'{PHASE}\nop.execute("SELECT 1")', "line 5: it raises"),
        (UPGRADE, "\n    int('x')", "line 7: it raises ValueError"),
        (UPGRADE, "op.get_bind().execute('SELECT 1').scalar()", "line 6: it raises"),
        (UPGRADE, "pass", "line 5: no statement"),
        (UPGRADE, UPGRADE.replace("INT", "INT\tNULL"), "line 6: a tab in a text"),
        (UPGRADE, f'{UPGRADE}\n    op.execute("DROP TABLE a")', "line 7: a second statement"),
        (UPGRADE, 'op.execute("SELECT 1;\\n SELECT 2")', "line 7: a second statement"),
        (UPGRADE, 'op.execute("""\n\nDROP TABLE a""")', "line 8: the version that runs may use"),
        (UPGRADE, 'op.drop_table("a")', "line 5: the version that runs may use"),
        (UPGRADE, 'op.drop_column("a", "b")', "line 5: the database may copy or lock"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_with_its_line(
    tmp_path: Path, instead_of: str, written: str, reason: str
):
    with pytest.raises(RefusedMigrationError, match=rf"0002_b\.py: {reason}"):
        read_migrations(second(tmp_path, instead_of, written))


@pytest.mark.parametrize(
    "text", ["'100 %'", "'%s %(a)s'", "'12:30 :name'", "'a;b'", "'it''s'", '\\"a\\"', "'ä'"]
)
def test_a_statement_is_sent_as_it_is_written(tmp_path: Path, text: str):
    insert = f"INSERT INTO a VALUES ({text})"

    assert statement_of(tmp_path, f'op.execute("{insert}")') == insert.replace("\\", "")


def test_the_statement_is_the_one_that_was_checked_whatever_is_sent_online(tmp_path: Path):
    tricks = (
        'op.execute("DROP TABLE a" if not op.get_context().as_sql else "CREATE TABLE c (d INT)")'
    )

    assert statement_of(tmp_path, tricks) == "CREATE TABLE c (d INT)"


def test_what_alembic_itself_writes_is_read_too(tmp_path: Path):
    upgrade = (
        "import sqlalchemy as sa\n"
        '    op.create_table("c", sa.Column("d", sa.Integer(), nullable=False))'
    )

    written = " ".join(statement_of(tmp_path, upgrade).split())

    assert written == "CREATE TABLE c ( d INTEGER NOT NULL )"
