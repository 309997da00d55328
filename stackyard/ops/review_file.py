"""A review stack's own copy of the file that all of them share."""

from pathlib import Path
from typing import Any

import yaml

from stacks.review import FILE
from stackyard.stack_files import sections_of

_OWN = ("encryptionsalt", "encryptedkey")
"""What the engine writes into a stack file, another for each stack."""


def own_stack_file(root: Path, folder: Path, stack: str) -> Path:
    """The file of a review stack in its own folder, as the shared one now is.

    A copy, since the engine writes the stack's salt into the file it is given, and the whole file
    anew with it. A checkout that has no copy yet gets another salt: the engine takes that, and
    reads the old secrets by the salt in the state. Raises `SettingsFaultError` as `sections_of`.
    """
    sections_of(root / FILE)
    file = folder / f"Pulumi.{stack}.yaml"
    content: dict[str, Any] = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))
    if file.exists():
        earlier: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        content |= {key: earlier[key] for key in _OWN if key in earlier}
    made = file.with_suffix(".part")
    made.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    made.replace(file)
    return file
