"""Features that are not there, with the reasons that docs/limits.md gives."""

import re
from pathlib import Path

LIMITS = Path(__file__).resolve().parents[2] / "docs" / "limits.md"
TITLE = "## Features that are not there"
_LEAD = re.compile(r"[-*]\s+\**((?:[NARKWEC]\d+(?:,\s*|\s+and\s+)?)+)\**[\s:,.\u2013\u2014-]*(.*)")


def not_there(page: str | None = None) -> dict[str, str]:
    """Reasons by row: each point of the section begins with the rows that it is about."""
    text = LIMITS.read_text(encoding="utf-8") if page is None else page
    section = text.partition(f"{TITLE}\n")[2].partition("\n## ")[0]
    reasons: dict[str, str] = {}
    for point in re.split(r"\n(?=[-*] )", f"\n{section}"):
        found = _LEAD.match(" ".join(point.split()))
        if found:
            reason = found[2].replace("**", "").strip()
            reasons |= dict.fromkeys(re.findall(r"[NARKWEC]\d+", found[1]), reason)
    return reasons
