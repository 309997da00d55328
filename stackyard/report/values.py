"""What of a change's values may be shown: short ones that are neither secret nor sound like it."""

import re
from typing import Any

from stackyard.report.change import Change, holds_secret, holds_unknown
from stackyard.report.shapes import at

_SENSITIVE = re.compile(
    r"passw|secret|token|credential|private|apikey|api_key|userdata|\.data\b|stringdata|\benv\b",
    re.IGNORECASE,
)
SCALAR_CHARACTERS = 60


def step(change: Change, path: str) -> str:
    """`path: old → new`, or the path alone where the values are not to be shown."""
    old, new = at(change.old, path), at(change.new, path)
    if is_sensitive(path) or not (_shown(old) and _shown(new)) or old == new:
        return path
    return f"{path}: {_word(old)} → {_word(new)}"


def is_sensitive(path: str) -> bool:
    """Whether a property's name says that its value is nobody's to read."""
    return _SENSITIVE.search(path) is not None


def moved_to(change: Change, key: str) -> str:
    """`key: old → new` of a property that tells how something is kept, which is never secret."""
    return f"{key}: {plainly(change.old.get(key))} → {plainly(change.new.get(key))}"


def plainly(value: Any) -> str:
    """A value in a word, as JSON writes it."""
    if holds_unknown(value):
        return "known when it runs"
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


def only_tags(change: Change) -> bool:
    """Whether tags are all that changes."""
    return bool(change.paths) and all(
        re.split(r"[.\[]", path)[0] in ("tags", "tagsAll") for path in change.paths
    )


def _shown(value: Any) -> bool:
    if isinstance(value, str):
        return not holds_secret(value) and (
            len(value) <= SCALAR_CHARACTERS or holds_unknown(value) or "@sha256:" in value
        )
    return value is None or isinstance(value, bool | int | float)


def _word(value: Any) -> str:
    if value is None:
        return "none"
    if holds_unknown(value):
        return "known when it runs"
    text = str(value)
    name, at, digest = text.partition("@sha256:")
    return f"{name.rpartition('/')[2]}{at}{digest[:12]}" if at else text
