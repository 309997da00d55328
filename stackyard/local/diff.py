"""What changed between two sets of inputs, as property paths. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, TypeGuard

from stackyard.local.properties import ASSETS, SIGNATURE, is_list, is_object
from stackyard.local.wire import JsonObject

Path = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$-]*")
_SEGMENT = re.compile(r'\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.\[\]]+)')


class Change(Enum):
    """How a property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


def changes(old: JsonObject, new: JsonObject, ignored: Iterable[str] = ()) -> dict[Path, Change]:
    """Every leaf that differs, but for those at or below an `ignored` property path."""
    skipped = [parse_path(path) for path in ignored]
    return {
        path: change
        for path, change in _walk(old, new, ())
        if not any(_covers(ignore, path) for ignore in skipped)
    }


def _walk(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Change]]:
    if _is_asset(old) and _is_asset(new):
        # The engine leaves an asset's content and path out of some requests, never its hash.
        if old.get("hash") != new.get("hash"):
            yield path, Change.UPDATE
    elif is_object(old) and is_object(new):
        yield from _walk_object(old, new, path)
    elif is_list(old) and is_list(new):
        yield from _walk_list(old, new, path)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, Change.UPDATE


def _walk_object(old: JsonObject, new: JsonObject, path: Path) -> Iterator[tuple[Path, Change]]:
    for key in {**old, **new}:
        if old.get(key) is None and new.get(key) is None:
            continue
        if old.get(key) is None:
            yield (*path, key), Change.ADD
        elif new.get(key) is None:
            yield (*path, key), Change.DELETE
        else:
            yield from _walk(old[key], new[key], (*path, key))


def _walk_list(old: Sequence[Any], new: Sequence[Any], path: Path) -> Iterator[tuple[Path, Change]]:
    for index in range(max(len(old), len(new))):
        if index >= len(old):
            yield (*path, index), Change.ADD
        elif index >= len(new):
            yield (*path, index), Change.DELETE
        else:
            yield from _walk(old[index], new[index], (*path, index))


def _is_asset(value: Any) -> TypeGuard[JsonObject]:
    return is_object(value) and value.get(SIGNATURE) in ASSETS


def _covers(ignored: Path, path: Path) -> bool:
    return len(ignored) <= len(path) and all(
        left in ("*", right) for left, right in zip(ignored, path, strict=False)
    )


def render_path(path: Path) -> str:
    """`spec.containers[0].env["a.b"]`, as the engine writes property paths."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif _PLAIN_KEY.fullmatch(segment):
            text += f".{segment}" if text else segment
        else:
            text += f"[{json.dumps(segment, ensure_ascii=False)}]"
    return text


def parse_path(text: str) -> Path:
    """The segments of a property path; `*` stands for any key or index."""
    segments: list[str | int] = []
    for match in _SEGMENT.finditer(text):
        index, quoted, key = match.groups()
        if index is not None:
            segments.append(int(index) if index.isdecimal() else index)
        else:
            segments.append(key if quoted is None else json.loads(f'"{quoted}"'))
    return tuple(segments)
