"""`make logs`: the last lines of every process and pod of the slot, newest file last."""

from collections.abc import Iterator
from pathlib import Path

from stackyard.errors import SettingsFaultError
from stackyard.local.layout import Layout


def tails(layout: Layout, name: str | None, lines: int) -> Iterator[tuple[str, list[str]]]:
    """Name and last lines of each log, or of those whose name holds `name`.

    Raises `SettingsFaultError` when no log has that name.
    """
    files = sorted(layout.logs.rglob("*.log"), key=lambda file: file.stat().st_mtime)
    chosen = [file for file in files if name is None or name in _name(file, layout)]
    if not chosen:
        known = ", ".join(sorted(_name(file, layout) for file in files)) or "none yet"
        raise SettingsFaultError(f"no log is named {name!r}; logs: {known}")
    for file in chosen:
        text = file.read_text(encoding="utf-8", errors="replace")
        yield _name(file, layout), text.splitlines()[-lines:]


def _name(file: Path, layout: Layout) -> str:
    return str(file.relative_to(layout.logs).with_suffix(""))
