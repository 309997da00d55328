"""Every setting's path, as `section.key`: its part of the JSON Schema, its field of the models."""

from pydantic.fields import FieldInfo

from stacks.schema import settings_of_schema, settings_schema
from stacks.sentences import section_types

ABOUT = dict(settings_of_schema(settings_schema()))


def field_of(path: str) -> FieldInfo:
    """The field of a setting."""
    section, key = path.split(".")
    (field,) = (f for f in section_types()[section].model_fields.values() if f.alias == key)
    return field
