"""Which file is made by which function."""

import json
from collections.abc import Callable
from pathlib import Path

from stacks.outputs import outputs_schema
from stacks.schema import settings_schema
from tests.documents import settings_page
from tests.features import page as features_page

ROOT = Path(__file__).resolve().parents[2]


def _outputs() -> str:
    return json.dumps(outputs_schema(), indent=2) + "\n"


def _settings() -> str:
    return json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "stacks/outputs.schema.json": _outputs,
    "stacks/settings.schema.json": _settings,
    "docs/settings.md": settings_page.page,
    "docs/features.md": features_page.page,
}
"""By path; docs/replacements.md and docs/reliability.md are made of what an engine did."""
