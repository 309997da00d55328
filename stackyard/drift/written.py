"""Findings as a table for a terminal, as the body of an issue, and as JSON."""

import json
from collections.abc import Iterable
from typing import Any

from stackyard.drift.findings import Drift, Findings, Property
from stackyard.report.text import clean, code

LIMIT_BYTES = 60_000
"""GitHub refuses an issue's body above 65,536 characters."""
FACTS_SHOWN = 6
"""Properties named for one resource."""
VERSION = 1
"""Of the JSON document; a new one where a reader of the old would go wrong."""
_NAME_CHARACTERS, _FACT_CHARACTERS, _URN_CHARACTERS = 60, 240, 1_000
_NOTE_BYTES = 2_000
"""Kept for what stands around the lines."""


def table(findings: Findings) -> str:
    """One line a resource, aligned; then what is no drift, and the ways out."""
    lines = [verdict(findings)]
    cells = [(clean(each.name, _NAME_CHARACTERS), clean(each.type)) for each in findings.drifts]
    widths = [max((len(row[column]) for row in cells), default=0) for column in (0, 1)]
    for each, (name, type_) in zip(findings.drifts, cells, strict=True):
        facts = "; ".join(clean(fact, _FACT_CHARACTERS) for fact in _facts(each))
        lines.append(f"  {name:<{widths[0]}}  {type_:<{widths[1]}}  {facts}")
    lines += [f"  set apart: {clean(e.name)}: {clean(e.because, 300)}" for e in findings.set_apart]
    if findings.drifts:
        lines += [f"{title}: {words}" for title, words in ways_out(findings.stack)]
    return "\n".join(lines) + "\n"


def markdown(findings: Findings) -> str:
    """The body of an issue; nothing in a name works as markup, link or mention."""
    drifted = (
        f"- {code(each.name, _NAME_CHARACTERS)} {_spoken(each)} · {code(each.type, 80)}"
        for each in findings.drifts
    )
    apart = (f"- set apart: {code(e.name)}: {code(e.because, 300)}" for e in findings.set_apart)
    ways = ways_out(findings.stack) if findings.drifts else ()
    parts = (
        f"**{verdict(findings)}**",
        _fit(drifted, LIMIT_BYTES * 3 // 4),
        _fit(apart, LIMIT_BYTES // 4 - _NOTE_BYTES),
        "\n".join(f"- {title}: {words}" for title, words in ways),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def document(findings: Findings) -> str:
    """For machines; `<` and `${` are written as escapes, so that it may stand anywhere."""
    text = json.dumps(_object(findings), indent=1)
    return text.replace("<", "\\u003c").replace("${", "\\u0024{") + "\n"


def verdict(findings: Findings) -> str:
    """The first line: how many of how many."""
    changed = len({each.urn for each in findings.drifts})
    if not changed:
        return f"{findings.stack}: none of {findings.resources} resources was changed outside"
    were = "was" if changed == 1 else "were"
    return f"{findings.stack}: {changed} of {findings.resources} resources {were} changed outside"


def ways_out(stack: str) -> tuple[tuple[str, str], ...]:
    """What may be done, and the commands."""
    return (
        (
            "put it back",
            f"`pulumi refresh --stack {stack}` tells the state, then `stackyard up {stack}`",
        ),
        ("keep it", "write it into the program or the stack file first, then the same"),
        ("what was added is in no state", "take it away by the id that stands beside it"),
    )


def _facts(drift: Drift) -> list[str]:
    facts = drift.facts
    more = len(facts) - FACTS_SHOWN
    return [*facts[:FACTS_SHOWN], *([f"and {more} more"] if more > 0 else [])]


def _spoken(drift: Drift) -> str:
    return ", ".join(code(fact, _FACT_CHARACTERS) for fact in _facts(drift))


def _fit(lines: Iterable[str], budget: int) -> str:
    """As many whole lines as the bytes allow, and how many were left out."""
    given, kept = list(lines), list[str]()
    for line in given:
        budget -= len(line.encode()) + 1
        if budget < 0:
            kept.append(f"- … and {len(given) - len(kept)} more: `stackyard drift` lists them all")
            break
        kept.append(line)
    return "\n".join(kept)


def _object(findings: Findings) -> dict[str, Any]:
    return {
        "version": VERSION,
        "project": findings.project,
        "stack": findings.stack,
        "resources": findings.resources,
        "exitCode": findings.exit_code,
        "drifts": [
            {
                "kind": str(each.kind),
                "urn": clean(each.urn, _URN_CHARACTERS),
                "type": clean(each.type),
                "name": clean(each.name),
                "added": clean(each.added, _FACT_CHARACTERS),
                "properties": [_property(one) for one in each.properties],
            }
            for each in findings.drifts
        ],
        "setApart": [
            {"urn": clean(e.urn, _URN_CHARACTERS), "name": clean(e.name), "because": e.because}
            for e in findings.set_apart
        ],
    }


def _property(given: Property) -> dict[str, str | None]:
    """Both values null where they are secret, or too long to be read in a line."""
    shown = (None if value is None else clean(value) for value in (given.old, given.new))
    old, new = shown
    return {"path": clean(given.path), "old": old, "new": new}
