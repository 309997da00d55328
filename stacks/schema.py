"""JSON Schema of a stack file: what an editor needs to complete it and to mark its mistakes."""

from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from stacks.addons import ADDON_VERSIONS
from stacks.data_settings import READERS_MAX
from stacks.section import FOREIGN_NAMESPACES, PROJECT
from stacks.sentences import section_types
from stacks.settings import LOG_DAYS, Settings
from stacks.sizes import SIZES

Schema = dict[str, Any]

_ROLES: Schema = {
    "uniqueItems": True,
    "items": {"type": "string", "pattern": r"^arn:aws[a-z-]*:iam::\d{12}:role/"},
}
_VALIDATED: dict[str, Schema] = {
    "network.zones": {
        "minItems": 2,
        "maxItems": 4,
        "uniqueItems": True,
        "items": {"enum": list("abcdef")},
    },
    "network.interfaceEndpoints": {"uniqueItems": True},
    "database.readers": {"maximum": READERS_MAX},
    "database.backupWindow": {"pattern": r"^\d\d:\d\d-\d\d:\d\d$"},
    "database.maintenanceWindow": {"pattern": r"^[a-z]{3}:\d\d:\d\d-[a-z]{3}:\d\d:\d\d$"},
    "cluster.version": {"enum": list(ADDON_VERSIONS)},
    "cluster.adminRoleArns": _ROLES,
    "cluster.viewerRoleArns": _ROLES,
    "app.image": {"pattern": "@sha256:[0-9a-f]{64}$"},
    "release.alarms": {"uniqueItems": True},
    "observe.logDays": {"enum": list(LOG_DAYS)},
}
"""What validators written in Python refuse, as far as JSON Schema can say it; a test holds that it
refuses nothing that they take."""


def settings_schema() -> Schema:
    """JSON Schema of `Pulumi.<stack>.yaml`; sections stand under the project's namespace."""
    model = Settings.model_json_schema(by_alias=True)
    definitions: dict[str, Schema] = model["$defs"]
    for definition in definitions.values():
        _tidied(definition)
    for path, keywords in _VALIDATED.items():
        section, _, key = path.partition(".")
        _section(model, model["properties"][section])[key].update(keywords)
    for section in section_types():
        for key, about in _section(model, model["properties"][section]).items():
            _told_by_size(section, key, about)
    config = {
        "description": "Settings of the stack; what is left out is as env.size has it.",
        "type": "object",
        # Without the sections' defaults, which no size has.
        "properties": {
            f"{PROJECT}:{name}": {"$ref": about["$ref"]}
            for name, about in model["properties"].items()
        },
        "patternProperties": {f"^({'|'.join(FOREIGN_NAMESPACES)}):": True},
        "required": [f"{PROJECT}:{name}" for name in model["required"]],
        "additionalProperties": False,
    }
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Stack file of Stackyard",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": definitions,
    }


def settings_of_schema(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every setting, as `section.key`, with its part of the schema, in order."""
    for name, about in schema["properties"]["config"]["properties"].items():
        section = name.removeprefix(f"{PROJECT}:")
        for key, below in _section(schema, about).items():
            yield f"{section}.{key}", below


def _section(schema: Schema, about: Schema) -> Schema:
    """A section's settings by key; it refers to its definition."""
    definition = about["$ref"].rpartition("/")[2]
    settings: Schema = schema["$defs"][definition]["properties"]
    return settings


def _tidied(definition: Schema) -> None:
    """Without the titles that pydantic makes of keys, and without a docstring's line breaks."""
    for about in definition.get("properties", {}).values():
        about.pop("title", None)
        about["description"] = " ".join(about.get("description", "").split())


def _told_by_size(section: str, key: str, about: Schema) -> None:
    """A default that hangs on the size is said in words: JSON Schema has one for all."""
    own = about.get("default")
    defaults = {size: profile.get(section, {}).get(key, own) for size, profile in SIZES.items()}
    if all(value == own for value in defaults.values()):
        return
    about.pop("default", None)
    said = ", ".join(f"{size} {written(value)}" for size, value in defaults.items())
    about["description"] = f"{about['description']} By default: {said}."


def written(value: Any) -> str:
    """A setting's value as a sentence has it."""
    match value:
        case None | []:
            return "none"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case [*entries]:
            return f"[{', '.join(map(written, entries))}]"
        case {**keys}:
            return ", ".join(f"{key}: {written(inner)}" for key, inner in keys.items()) or "none"
        case _:
            return str(value)
