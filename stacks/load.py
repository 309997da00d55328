"""From a stack file's sections to `Settings`: the size profile below, the file above."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stacks.combinations import conflicts, review_conflicts
from stacks.review import FILE, stack_of
from stacks.section import FOREIGN_NAMESPACES, PROJECT
from stacks.sentences import meant, section_types, sentence
from stacks.settings import Settings
from stacks.sizes import SIZES, Profile

_PROFILED = {
    (section, key)
    for profile in SIZES.values()
    for section, keys in profile.items()
    for key in keys
}
"""Settings whose default depends on the size."""
_SIZE = {("env",), ("env", "size")}


class SettingsError(ValueError):
    """Everything that is wrong with one stack file, a line each: file, path, problem."""

    def __init__(self, file: str, problems: list[str]) -> None:
        # What a file holds may have line breaks of its own.
        lines = (" ".join(problem.splitlines()) for problem in problems)
        super().__init__("\n".join(f"{file}: {line}" for line in lines))


def own_sections(config: Mapping[str, Any], project: str = PROJECT) -> dict[str, Any]:
    """The sections by name, from a stack file's keys; one without a namespace is the project's.

    A key of a namespace that nobody knows stays whole, so that `load` names it among the rest.
    """
    return {
        key.removeprefix(f"{project}:"): value
        for key, value in config.items()
        if key.partition(":")[0] not in FOREIGN_NAMESPACES or ":" not in key
    }


def load(file: str, given: Mapping[str, Any]) -> Settings:
    """Settings of the stack whose file is named `file`; `given` maps a section to its keys.

    Raises `SettingsError` with every problem of the file at once.
    """
    laid = _laid_over(_profile(given), {"app": {}, **given})
    try:
        settings = Settings.model_validate(laid, by_name=False, by_alias=True)
    except ValidationError as problem:
        faults = problem.errors(include_url=False)
        told = [_first_image(file) if _lacks_image(fault) else sentence(fault) for fault in faults]
        raise SettingsError(file, [*told, *_conflicts(file, _sound(laid, faults))]) from problem
    said = _conflicts(file, settings)
    if said:
        raise SettingsError(file, said)
    return settings


def _conflicts(file: str, settings: Settings) -> list[str]:
    """The rules of every stack, then those of review stacks where the file is theirs."""
    return [*conflicts(settings), *(review_conflicts(settings) if file == FILE else [])]


def _lacks_image(fault: ErrorDetails) -> bool:
    empty = fault["type"] == "missing" or fault["input"] is None
    return empty and fault["loc"] == ("app", "image")


def _first_image(file: str) -> str:
    """How the setting that nobody can write before the first push comes into the file."""
    return f"app.image: is missing; build and push it: stackyard image push {stack_of(file)}"


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


def _sound(laid: Mapping[str, Any], faults: list[ErrorDetails]) -> Any:
    """Shaped like `Settings`, but without what is faulty or hangs on it.

    Values are as the file has them: a list may stand where `Settings` holds a tuple.
    """
    unsound = _unsound(faults)
    # Without its size, a file's defaults are not known.
    unsized = not unsound.isdisjoint(_SIZE)
    sections: dict[str, SimpleNamespace] = {}
    for name, kind in section_types().items():
        if (name,) in unsound:
            continue
        given = laid.get(name, {})
        sections[name] = SimpleNamespace()
        for key, field in kind.model_fields.items():
            path = (name, field.alias or key)
            if field.alias in given and path not in unsound:
                setattr(sections[name], key, given[field.alias])
            elif path not in unsound and not (unsized and path in _PROFILED):
                setattr(sections[name], key, field.get_default(call_default_factory=True))
    return SimpleNamespace(**sections)


def _unsound(faults: list[ErrorDetails]) -> set[tuple[int | str, ...]]:
    """Paths of sections and settings that have a fault."""
    paths = {details["loc"] for details in faults}
    # A misspelt key stands for the one it resembles, which is then not at its default.
    misspelt = {details["loc"] for details in faults if details["type"] == "extra_forbidden"}
    return {path[:2] for path in (*paths, *filter(None, map(meant, misspelt)))}
