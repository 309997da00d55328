"""docs/replacements.md: what the engine says today."""

import pytest

from tests.engine.replacements import PAGE, observed, page

pytestmark = pytest.mark.engine


def test_the_page_of_replacements_is_current() -> None:
    shown = PAGE.read_text(encoding="utf-8")

    now = page(observed())

    assert shown == now, "run: make replacements"
