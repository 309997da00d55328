"""Every setting's path, as `section.key`, with its part of the JSON Schema."""

from stacks.schema import settings_of_schema, settings_schema

ABOUT = dict(settings_of_schema(settings_schema()))
