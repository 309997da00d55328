"""`make docs`: write every document that is made of the program, without an engine."""

from tests.documents.documents import DOCUMENTS, ROOT

for name, text in DOCUMENTS.items():
    (ROOT / name).write_text(text(), encoding="utf-8")
