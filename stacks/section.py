"""What every section of a stack file has in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PROJECT = "stackyard"
"""Pulumi.yaml's name: the namespace of every section in a stack file."""
FOREIGN_NAMESPACES = ("aws", "kubernetes", "pulumi", "random")
"""Namespaces whose keys are the engine's and its providers' own affair."""


class Section(BaseModel):
    """Frozen, strict about types, camelCase in files, closed to unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )
