"""What holds for every test session."""

# Its plugin imports it when the session ends, and CPython 3.11 can fail to parse source
# ("AST constructor recursion depth mismatch") when a collection runs finalizers meanwhile.
import hypothesis as hypothesis  # noqa: PLC0414  # imported for this alone
