"""Images to release: the API of this checkout with one deliberate change each."""

import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

from stackyard.local.image_build import SOURCE_FOLDER, build_image
from stackyard.local.layout import Layout
from tests.bench import misbehaviour

GOOD, BAD_MIGRATION = "good", "bad-migration"
MISBEHAVIOURS = ("errors", "slow", "unhealthy", "crash", "undrained")
"""Functions of `misbehaviour`."""
VARIANTS = (GOOD, BAD_MIGRATION, *MISBEHAVIOURS)

CHANGED_APP = '''"""The API, misbehaving."""

from task1.misbehaviour import {name}
from task1.sound_app import App as SoundApp


class App(SoundApp):
    __call__ = {name}(SoundApp.__call__)
'''
RELIED_ON = {
    "app.py": ("\nclass App:\n", "    async def __call__(self, scope: Scope, receive: Receive, s"),
    "__main__.py": ("\nfrom task1.app import App\n", "    app = App(config, metrics)\n"),
}
"""What a change of the application builds upon, by file."""

REFUSED_MIGRATION = '''"""Refused: the version that serves reads this column."""

from alembic import op

revision = "{name}"
down_revision = "{before}"
phase = "expand"


def upgrade() -> None:
    op.execute("ALTER TABLE posts DROP COLUMN content, ALGORITHM=INSTANT")
'''


def build_variant(layout: Layout, name: str) -> str:
    """Build an image that no release has tried before, and give its reference.

    Raises `LookupError` when the API's source is no longer what the change was made for, or no
    variant has that name.
    """
    if name not in VARIANTS:
        raise LookupError(f"no variant {name!r}; one of {', '.join(VARIANTS)}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        given = layout.root / SOURCE_FOLDER
        shutil.copy2(given / "requirements.lock", source)
        left_out = shutil.ignore_patterns("__pycache__")
        task = shutil.copytree(given / "task1", source / "task1", ignore=left_out)
        (task / "build").write_text(f"{name} {uuid4()}\n", encoding="utf-8")
        change(task, name)
        return build_image(layout, source)


def change(task: Path, name: str) -> None:
    """Turn a copy of the API's package into that variant."""
    if name == BAD_MIGRATION:
        _add_migration(task / "migrations" / "versions")
    elif name != GOOD:
        _misbehave(task, name)


def _add_migration(folder: Path) -> None:
    files = sorted(folder.glob("*.py"))
    if not files or not files[-1].name.startswith(f"{len(files):04}_"):
        raise LookupError(f"{folder}: migrations are not numbered 0001_ on; see tests/bench")
    name = f"{len(files) + 1:04}_drop_content"
    text = REFUSED_MIGRATION.format(name=name, before=files[-1].stem)
    (folder / f"{name}.py").write_text(text, encoding="utf-8")


def _misbehave(task: Path, name: str) -> None:
    for file, parts in RELIED_ON.items():
        text = (task / file).read_text(encoding="utf-8")
        for part in parts:
            if part not in text:
                raise LookupError(
                    f"{SOURCE_FOLDER}/task1/{file} no longer says {part.strip()!r}, which"
                    f" the variant {name!r} builds upon; correct tests/bench/variants.py"
                )
    (task / "app.py").rename(task / "sound_app.py")
    shutil.copy2(Path(misbehaviour.__file__), task / "misbehaviour.py")
    (task / "app.py").write_text(CHANGED_APP.format(name=name), encoding="utf-8")
