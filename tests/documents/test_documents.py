"""The documents that are made of the program: each is current."""

import pytest

from tests.documents.documents import DOCUMENTS, ROOT


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_is_made_of_the_program_is_current(name: str) -> None:
    shown = (ROOT / name).read_text(encoding="utf-8")

    assert shown == DOCUMENTS[name](), "run: make docs"
