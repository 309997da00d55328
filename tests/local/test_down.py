"""What `make down` leaves of a slot: caches, and what other slots have."""

from pathlib import Path

from stackyard.local.down import down
from stackyard.local.layout import Layout
from stackyard.progress import Progress


def slot_in(root: Path, slot: int) -> Layout:
    """A slot as a stack leaves it whose supervisor has ended, beside caches."""
    layout = Layout(root=root, slot=slot)
    for folder in (layout.run, layout.data, layout.images, root / ".local" / "cache"):
        folder.mkdir(parents=True, exist_ok=True)
    layout.environment_file.write_text("export AWS_REGION=us-east-1\n")
    return layout


def left(root: Path) -> set[str]:
    return {entry.name for entry in (root / ".local").iterdir()}


def test_down_of_slot_0_takes_its_environment_file_and_leaves_the_caches(tmp_path: Path) -> None:
    layout = slot_in(tmp_path, 0)

    down(layout, Progress(quiet=True))

    assert left(tmp_path) == {"images", "cache"}


def test_down_of_another_slot_leaves_what_slot_0_has(tmp_path: Path) -> None:
    first, other = slot_in(tmp_path, 0), slot_in(tmp_path, 150)

    down(other, Progress(quiet=True))

    assert left(tmp_path) == {"0", "env", "images", "cache"}
    assert first.run.exists()


def test_down_of_a_slot_that_was_never_up_is_no_error(tmp_path: Path) -> None:
    down(Layout(root=tmp_path), Progress(quiet=True))

    assert list(tmp_path.iterdir()) == []
