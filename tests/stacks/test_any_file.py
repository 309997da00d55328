"""Whatever a stack file says: settings, or lines that each name the file and the key."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from stacks.load import SettingsError, load
from stacks.schema import settings_schema
from tests.stacks.stack_files import stack_files

FILE = "Pulumi.prod.yaml"
LINE = re.compile(rf"{re.escape(FILE)}: [^:]*(:[^:]+)?: \S.*")
VALIDATOR = Draft202012Validator(settings_schema())


@pytest.mark.sweep
@settings(max_examples=300)
@given(stack_files())
def test_a_file_gives_settings_that_no_editor_marks_or_lines_that_name_the_key(
    sections: dict[str, Any],
) -> None:
    content = {"config": {f"stackyard:{name}": keys for name, keys in sections.items()}}
    try:
        load(FILE, sections)
    except SettingsError as problem:
        lines = str(problem).splitlines()
        assert lines
        assert [line for line in lines if not LINE.fullmatch(line)] == []
    else:
        assert [error.message for error in VALIDATOR.iter_errors(content)] == []


@given(st.text(), st.text())
def test_line_breaks_in_a_file_break_no_line(key: str, value: str) -> None:
    sections = {"network": {key: value, "zones": [value, "a"]}}

    with pytest.raises(SettingsError) as caught:
        load(FILE, sections)

    lines = str(caught.value).splitlines()
    assert [line for line in lines if not line.startswith(f"{FILE}: ")] == []
