"""A fault that pydantic found in a stack file, as a sentence for whoever wrote the file."""

from difflib import get_close_matches

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stacks.section import FOREIGN_NAMESPACES, PROJECT, Section
from stacks.settings import Settings

_OF_ANOTHER_TYPE = "{value!r} is not %s; {meaning}"
_SAYS = {
    "missing": "is missing; {meaning}",
    "value_error": "{error}",
    "invalid_key": "is no key; keys are strings",
    "greater_than": "{value} is not more than {gt:g}",
    "greater_than_equal": "{value} is less than {ge:g}, the smallest allowed",
    "less_than_equal": "{value} is more than {le:g}, the largest allowed",
    "multiple_of": "{value} is not a multiple of {multiple_of:g}",
    "literal_error": "{value!r} is not one of {expected}",
    "too_short": "is empty; give at least {min_length}",
    "too_long": "has {actual_length} entries; give at most {max_length}",
    "string_too_short": "{value!r} is shorter than {min_length} characters",
    "string_too_long": "{value!r} is longer than {max_length} characters",
    "string_pattern_mismatch": "{value!r} does not have the form {pattern}{like}; {meaning}",
    "int_type": _OF_ANOTHER_TYPE % "a whole number",
    "float_type": _OF_ANOTHER_TYPE % "a number",
    "string_type": _OF_ANOTHER_TYPE % "a string",
    "bool_type": _OF_ANOTHER_TYPE % "true or false",
    "tuple_type": _OF_ANOTHER_TYPE % "a list",
    "dict_type": _OF_ANOTHER_TYPE % "a mapping",
    "model_type": _OF_ANOTHER_TYPE % "a mapping of settings",
}
"""By pydantic's type of error; the names in braces are what it gives with it, and some of ours."""
_Path = tuple[int | str, ...]
_LIKE: dict[_Path, str] = {
    ("env", "region"): "us-east-1",
    ("env", "accountId"): "123456789012",
    ("env", "owner"): "platform",
    ("env", "costCenter"): "web",
    ("env", "domain"): "example.com",
    ("env", "zoneId"): "Z0123456789EXAMPLE",
    ("env", "permissionsBoundary"): (
        "arn:aws:iam::123456789012:policy/stackyard-bootstrap/boundary"
    ),
    ("observe", "runbookUrl"): "https://example.com/runbook",
    ("state", "bucket"): "acme-pulumi-state",
    ("github", "repository"): "octo-org/shop",
    ("github", "ownerId"): "123456",
    ("github", "repositoryId"): "456789",
}
"""A right value of what has a form and no default that has it."""


def sentence(details: ErrorDetails, root: type[Section] = Settings) -> str:
    """Path and problem; `root` has the sections."""
    path = details["loc"]
    if details["type"] == "extra_forbidden":
        says = _unknown(path, root)
    else:
        own = {"value": details["input"], "meaning": _meaning(path, root), "msg": details["msg"]}
        own["like"] = _like(path, root)
        says = _SAYS.get(details["type"], "{msg}").format_map({**details.get("ctx", {}), **own})
    return f"{'.'.join(map(str, path))}: {says}"


def section_types(root: type[Section] = Settings) -> dict[str, type[Section]]:
    """The class of every section, by its name in `root`."""
    return {
        name: field.annotation
        for name, field in root.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }


def meant(path: _Path, root: type[Section] = Settings) -> _Path | None:
    """The known path that an unknown one resembles."""
    # A key of a misspelt namespace stands here whole.
    name = str(path[-1]).rpartition(":")[2]
    near = get_close_matches(name, sorted(_known(path, root)), n=1)
    return (*path[:-1], near[0]) if near else None


def _unknown(path: _Path, root: type[Section]) -> str:
    near, namespace = meant(path, root), str(path[0]).rpartition(":")[0]
    if namespace:
        hint = f"did you mean '{PROJECT}:{near[-1]}'? " if near else ""
        known = ", ".join((PROJECT, *FOREIGN_NAMESPACES))
        return f"{namespace!r} is no known namespace; {hint}known: {known}"
    hint = f"did you mean {near[-1]!r}? " if near else ""
    what = "key" if len(path) > 1 else "section"
    return f"is no known {what}; {hint}known: {', '.join(sorted(_known(path, root)))}"


def _known(path: _Path, root: type[Section]) -> dict[str, str]:
    """Keys and meanings of the section that holds the last part of `path`; none if none does."""
    holders: dict[_Path, type[Section]] = {(n,): s for n, s in section_types(root).items()}
    holder = holders.get(path[:-1], root if len(path) == 1 else Section)
    return {f.alias or "": _described(f) for f in holder.model_fields.values()}


def _like(path: _Path, root: type[Section]) -> str:
    """A right value, from the table or else the default; nothing where there is neither."""
    setting = path[:2]
    fields = section_types(root).get(str(path[0]), Section).model_fields.values()
    usual = (field.default for field in fields if (path[0], field.alias) == setting)
    example = _LIKE.get(setting) or next(usual, None)
    return f", like {example!r}" if isinstance(example, str) else ""


def _described(field: FieldInfo) -> str:
    return field.description or getattr(field.annotation, "__doc__", None) or ""


def _meaning(path: _Path, root: type[Section]) -> str:
    """First line about the setting, or about the nearest one around it that is described."""
    around = (path[:length] for length in range(len(path), 0, -1))
    text = next(filter(None, (_known(each, root).get(str(each[-1]), "") for each in around)))
    return text.split("\n")[0].rstrip(".")
