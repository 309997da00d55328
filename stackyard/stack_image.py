"""The image of a stack, written into its file: no other letter of it changes."""

import copy
import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

from stacks.section import PROJECT
from stackyard.errors import SettingsFaultError
from stackyard.stack_files import sections_of

_SECTION, _KEY = "app", "image"


def set_image(file: Path, image: str) -> None:
    """Put an image in its place in a stack file, made where there is none, in one step.

    Raises `SettingsFaultError` where that would change more than this one value.
    """
    # As bytes: read as text, its line ends would come back as this system's.
    before, sections = file.read_bytes().decode(), sections_of(file)
    after = _with_image(before, image)
    wanted = copy.deepcopy(sections)
    wanted[_SECTION] = {**(sections.get(_SECTION) or {}), _KEY: image}
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
        made = Path(folder) / file.name
        with made.open("wb") as out:
            out.write(after.encode())
            out.flush()
            os.fsync(out.fileno())
        if _sections_or_none(made) != wanted:
            raise SettingsFaultError(
                f"{file.name}: app.image: shares its place with another value; set it to {image}"
                " by hand, then run: stackyard up"
            )
        if after != before:
            # Where the name is a link, the file behind it.
            target = file.resolve()
            made.chmod(target.stat().st_mode & 0o7777)
            made.replace(target)


def _sections_or_none(file: Path) -> dict[str, Any] | None:
    try:
        return sections_of(file)
    except SettingsFaultError:
        return None


def _with_image(text: str, image: str) -> str:
    """The text of a stack file with another image."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    config = _value(yaml.compose(text, Loader=yaml.SafeLoader), "config")
    section = _value(config, f"{PROJECT}:{_SECTION}") or _value(config, _SECTION)
    place = _value(section, _KEY)
    if place is not None:
        return _replaced(text, place, image)
    if isinstance(section, yaml.MappingNode):
        return _with_entry(text, section, f"{_KEY}: {image}", f'{_KEY}: "{image}"', line_end)
    if not isinstance(config, yaml.MappingNode):
        return text
    if section is None:
        key, indent = f"{PROJECT}:{_SECTION}", " " * _column(config)
        block = f"{indent}{key}:{line_end}{indent}  {_KEY}: {image}{line_end}"
        if config.flow_style:
            flow = f'"{key}": {{{_KEY}: "{image}"}}'
            return _with_entry(text, config, flow, flow, line_end)
        return _after_line(text, _end(config), block, line_end)
    # A section of nothing.
    inner = " " * (_column(config) + 2)
    return _spliced(text, section, f"{line_end}{inner}{_KEY}: {image}")


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    """The value of a key of a mapping; None where there is none."""
    if not isinstance(node, yaml.MappingNode):
        return None
    entries: list[tuple[yaml.Node, yaml.Node]] = node.value
    return next((value for key, value in entries if key.value == name), None)


def _replaced(text: str, place: yaml.Node, image: str) -> str:
    """With the image in the place of a value, in the quotes that it has."""
    quote = place.style if isinstance(place, yaml.ScalarNode) and place.style in ("'", '"') else ""
    # An empty value begins right behind its colon.
    gap = " " if _begin(place) == _end(place) else ""
    return _spliced(text, place, f"{gap}{quote}{image}{quote}")


def _with_entry(text: str, mapping: yaml.MappingNode, block: str, flow: str, line_end: str) -> str:
    """With one more entry at the head of a mapping."""
    entries: list[tuple[yaml.Node, yaml.Node]] = mapping.value
    if mapping.flow_style:
        begin = _begin(mapping) + 1
        return f"{text[:begin]}{flow}{', ' if entries else ''}{text[begin:]}"
    begin = _begin(entries[0][0])
    return f"{text[:begin]}{block}{line_end}{' ' * _column(mapping)}{text[begin:]}"


def _after_line(text: str, index: int, block: str, line_end: str) -> str:
    """With a block after the line that ends at or after `index`."""
    if text[index - 1 : index] == "\n":
        return f"{text[:index]}{block}{text[index:]}"
    rest = text.find("\n", index)
    if rest < 0:
        return f"{text}{line_end}{block}"
    return f"{text[: rest + 1]}{block}{text[rest + 1 :]}"


def _spliced(text: str, place: yaml.Node, new: str) -> str:
    return f"{text[: _begin(place)]}{new}{text[_end(place) :]}"


def _begin(node: yaml.Node) -> int:
    return node.start_mark.index


def _end(node: yaml.Node) -> int:
    """Where its text ends; of a block mapping or list, that of its last entry.

    The mark itself stands behind the comments and empty lines that follow.
    """
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last: Any = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return node.end_mark.index


def _column(mapping: yaml.MappingNode) -> int:
    """How far the keys of a block mapping are indented."""
    entries: list[tuple[yaml.Node, yaml.Node]] = mapping.value
    return entries[0][0].start_mark.column if entries else 2
