"""Pulumi.README.md: an output of every stack, and every name in it is one."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pulumi
import pytest

from infra.readme import readme
from stacks.outputs import outputs_schema
from stackyard.cli import app
from stackyard.contract import complete, placeholders, rendered, rows
from stackyard.graph.recorder import Graph
from tests.graph.stacks import ROOT
from tests.graph.test_program import CLICKABLE

TEMPLATE = (ROOT / "Pulumi.README.md").read_text(encoding="utf-8")


def test_every_stack_gives_the_readme(graph: Graph) -> None:
    assert graph.stack_outputs["readme"] == TEMPLATE


def test_every_name_in_the_readme_is_an_output_of_the_program(graph: Graph) -> None:
    names = {row.name for row in rows(graph.stack_outputs) if not row.is_missing and row.meaning}
    weights = {f"edge.weights.{slot}" for slot in graph.stack_outputs["edge"]["weights"]}

    assert set(placeholders(TEMPLATE)) - names - weights == set()


def test_the_readme_names_all_that_people_click() -> None:
    assert set(CLICKABLE) <= set(placeholders(TEMPLATE))


def test_rendered_it_has_values_alone(graph: Graph) -> None:
    text = rendered(TEMPLATE, graph.stack_outputs)

    assert "${" not in text
    assert text.startswith(f"# {graph.stack_outputs['siteUrl']}\n")
    assert f"`{graph.stack_outputs['app']['image']}`" in text


def test_every_command_in_the_readme_is_one() -> None:
    known = {
        command.name or getattr(command.callback, "__name__", "")
        for command in app.registered_commands
    }
    named = set(re.findall(r"^stackyard (\w+)", TEMPLATE, re.MULTILINE))

    assert {"release", "rollback", "drift"} <= named <= known


def test_a_program_without_its_readme_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"README\.md is missing beside Pulumi\.yaml"):
        readme(tmp_path / "README.md")


def without_nulls(value: Any) -> Any:
    """As the engine keeps outputs."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


def test_outputs_for_machines_are_what_the_schema_says(graph: Graph) -> None:
    kept = without_nulls(graph.stack_outputs)

    whole = complete(kept)

    jsonschema.validate(whole, outputs_schema())
    assert whole == graph.stack_outputs
    assert [row.name for row in rows(kept) if row.is_missing or not row.meaning] == []
