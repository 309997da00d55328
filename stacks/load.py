"""From a stack file's sections to `Settings`: the size profile below, the file above."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stacks.section import Section
from stacks.settings import Settings
from stacks.sizes import SIZES, Profile

_WANTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of settings",
    "model_attributes_type": "a mapping of settings",
}


class SettingsError(ValueError):
    """Everything that is wrong with one stack file, a line each: file, path, problem."""

    def __init__(self, file: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


def load(file: str, given: Mapping[str, Any]) -> Settings:
    """Settings of the stack whose file is named `file`; `given` maps a section to its keys.

    Raises `SettingsError` with every problem of the file at once.
    """
    profile = _profile(given)
    try:
        return Settings.model_validate(_laid_over(profile, given), by_name=False, by_alias=True)
    except ValidationError as problem:
        said = [_sentence(details) for details in problem.errors(include_url=False)]
        raise SettingsError(file, "\n".join(said).splitlines()) from problem


def _profile(given: Mapping[str, Any]) -> Profile:
    """The profile that `env.size` names; none where the size itself is the mistake."""
    try:
        size = str(given["env"]["size"])
    except (KeyError, TypeError):
        return {}
    return next((profile for name, profile in SIZES.items() if name == size), Profile())


def _laid_over(
    profile: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]
) -> dict[str, Any]:
    sections: dict[str, Any] = {**profile, **given}
    for name, below in profile.items():
        above = given.get(name, {})
        sections[name] = {**below, **above} if isinstance(above, Mapping) else above
    return sections


def _sentence(details: ErrorDetails) -> str:
    kind, path, value = details["type"], details["loc"], details["input"]
    where = ".".join(str(part) for part in path)
    context = details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            says = _unknown(path)
        case "missing":
            says = f"is missing; {_meaning(path)}"
        case "value_error":
            says = str(context["error"])
        case "greater_than_equal":
            says = f"{value} is less than {context['ge']:g}, the smallest allowed"
        case "less_than_equal":
            says = f"{value} is more than {context['le']:g}, the largest allowed"
        case "multiple_of":
            says = f"{value} is not a multiple of {context['multiple_of']:g}"
        case "literal_error":
            says = f"{value!r} is not one of {context['expected']}"
        case "string_pattern_mismatch":
            says = f"{value!r} does not have the form {context['pattern']}; {_meaning(path)}"
        case _ if kind in _WANTED:
            says = f"{value!r} is not {_WANTED[kind]}; {_meaning(path)}"
        case _:
            says = details["msg"]
    return f"{where}: {says}" if where else says


def _known(path: tuple[int | str, ...]) -> dict[str, str]:
    """Keys and meanings of the section that holds the last part of `path`."""
    holder: type[Section] = Settings
    for part in path[:-1]:
        field = next((f for f in holder.model_fields.values() if f.alias == part), None)
        if field is None or not isinstance(field.annotation, type):
            return {}
        if not issubclass(field.annotation, Section):
            return {}
        holder = field.annotation
    return {f.alias or "": _described(f) for f in holder.model_fields.values()}


def _described(field: FieldInfo) -> str:
    return field.description or getattr(field.annotation, "__doc__", None) or ""


def _meaning(path: tuple[int | str, ...]) -> str:
    inner = path[:-1] if path and isinstance(path[-1], int) else path
    text = _known(inner).get(str(inner[-1]), "") if inner else ""
    return text.split("\n")[0].rstrip(".") or "no such place"


def _unknown(path: tuple[int | str, ...]) -> str:
    known = sorted(_known(path))
    near = get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    what = "key" if len(path) > 1 else "section"
    return f"is no known {what}; {hint}known: {', '.join(known)}"
