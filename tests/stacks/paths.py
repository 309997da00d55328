"""Every setting's path, as `section.key` and deeper, and of each group of settings its own."""

from stacks.schema import settings_of_schema, settings_schema

ABOUT = dict(settings_of_schema(settings_schema()))
"""With its part of the JSON Schema."""
SETTINGS = {
    ".".join(path.split(".")[:length])
    for path in ABOUT
    for length in range(1, len(path.split(".")) + 1)
}
