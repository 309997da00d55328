"""The report as a comment on a pull request: the verdict on top, never folded, never too long."""

import re
from collections.abc import Iterable, Iterator, Sequence

from stackyard.report import values
from stackyard.report.change import Change, name_of
from stackyard.report.danger import Danger
from stackyard.report.report import Report
from stackyard.report.text import code
from stackyard.report.verdict import dollars, duration_words, facts, saving, spoken

LIMIT_BYTES = 60_000
"""GitHub refuses a comment above 65,536 characters."""
BUDGETS = {
    "verdict": 1_000,
    "dangers": 18_000,
    "policy": 6_000,
    "blast": 4_000,
    "cost": 4_000,
    "time": 2_000,
    "picture": 10_000,
    "changes": 12_000,
    "footer": 2_000,
}
"""Bytes each section may have, the notes of what was left out with it."""
FACTS_SHOWN = 8
"""Properties, actions or addresses named for one danger."""
_NOTE_BYTES = 120


def markdown(report: Report) -> str:
    """The whole comment; the first three lines have the verdict and the worst danger."""
    sections = (
        _verdict(report),
        _dangers(report),
        _policy(report),
        _blast(report),
        _cost(report),
        _time(report),
        _picture(report),
        _changes(report),
        _footer(report),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _verdict(report: Report) -> str:
    where = code(f"{report.project}/{report.stack}", 80)
    return f"**{report.risk.name}** · {where} · {' · '.join(facts(report))}"


def _dangers(report: Report) -> str:
    if not report.dangers:
        return "No dangerous change." if report.changes else "Nothing changes."
    lines = [_danger(danger) for danger in report.dangers]
    shown = _fit(lines, BUDGETS["dangers"] - 4_000, "dangers")
    refused = (
        "\n\n`stackyard up` refuses this unless each of them is consented to, by URN and with a"
        " reason (`--allow-destructive`)."
        if report.refused
        else ""
    )
    return shown + refused


def _danger(danger: Danger) -> str:
    because = ", ".join(code(fact) for fact in danger.because[:FACTS_SHOWN])
    more = len(danger.because) - FACTS_SHOWN
    forced = "forced by " if danger.kind.endswith("replace") else ""
    reason = f": {forced}{because}{f' and {more} more' if more > 0 else ''}" if because else ""
    below = "".join(f"<br>{word}: {text}" for word, text in spoken(danger))
    return (
        f"- **{danger.level.name}** {code(danger.name)} {danger.says}{reason}"
        f" · {code(danger.type, 80)}{below}"
    )


def _policy(report: Report) -> str:
    lines = [
        f"- {'**violated**' if each.mandatory else 'advisory'} {code(each.rule)}"
        f" ({code(each.pack)}): {code(each.message, 300)}"
        + (f" on {code(name_of(each.urn))}" if each.urn else "")
        for each in report.policy
    ]
    if report.cut_short:
        lines.insert(0, "The preview ended at a broken policy: what comes after it is not shown.")
    return _fit(lines, BUDGETS["policy"], "policy results")


def _blast(report: Report) -> str:
    lines: list[str] = []
    for blast in report.blasts:
        held = ", ".join(code(name, 60) for name in blast.stateful[:6])
        lines.append(
            f"- {_count(blast.size)} on {code(blast.name)}"
            + (f", stateful: {held}" if held else "")
        )
    return _titled("Blast radius", _fit(lines, BUDGETS["blast"] - 40, "more"))


def _cost(report: Report) -> str:
    cost = report.sections.cost
    if cost is None:
        return ""
    head = (
        f"**Cost** ${cost.expected:,.2f} a month expected"
        f" ({dollars(cost.expected - cost.before)}), ${cost.low:,.2f} idle,"
        f" ${cost.high:,.2f} at most"
    )
    # First, since what is cut off comes last.
    named = ", ".join(code(each, 80) for each in cost.unpriced[:20])
    lines = [f"- not priced: {named}"] if named else []
    lines += [
        f"- with {each.name} ${each.expected:,.2f}: {saving(each)}; {each.note}"
        for each in cost.levers
    ]
    lines += [f"- {code(part, 60)} ${amount:,.2f}" for part, amount in cost.parts]
    lines += [f"- assumed: {code(each, 200)}" for each in cost.assumptions]
    return _folded(head, _fit(lines, BUDGETS["cost"] - 600, "lines"))


def _time(report: Report) -> str:
    time = report.sections.time
    if time is None:
        return ""
    names = [code(name, 60) for name in time.path]
    shown = " → ".join(names if len(names) <= 16 else [*names[:8], "…", *names[-7:]])
    return f"**Time** {duration_words(time.minutes)}{': ' + shown if shown else ''}"


def _picture(report: Report) -> str:
    drawn = report.sections.mermaid.strip()
    if not drawn or "```" in drawn or len(drawn.encode()) > BUDGETS["picture"] - 200:
        return ""
    return _folded("**Picture**", f"```mermaid\n{drawn}\n```")


def _changes(report: Report) -> str:
    lines = list(_change_lines(report.changes))
    if not lines:
        return ""
    head = f"**Changes** {len(report.changes)} resources"
    return _folded(head, _fit(lines, BUDGETS["changes"] - 200, "changes"))


def _change_lines(changes: Sequence[Change]) -> Iterator[str]:
    tagged = [change for change in changes if values.only_tags(change)]
    for change in changes:
        if len(tagged) > 1 and values.only_tags(change):
            continue
        inside = f"{code(change.component, 60)} / " if change.component else ""
        steps = ", ".join(code(values.step(change, path), 160) for path in change.paths[:6])
        more = len(change.paths) - 6
        yield (
            f"- {change.operation} {inside}{code(change.name)} · {code(change.type, 80)}"
            + (f": {steps}" if steps else "")
            + (f" and {more} more" if more > 0 else "")
        )
    if len(tagged) > 1:
        yield f"- update {len(tagged)} resources: tags only"


def _footer(report: Report) -> str:
    basis = report.basis
    parts = [f"from {report.source}"]
    if basis.state is not None:
        written = f"written {code(basis.state.serial, 40)}" if basis.state.serial else "empty"
        parts.append(f"state {written}, {code(basis.state.hash[:12])}")
    if basis.commit:
        parts.append(f"commit {code(basis.commit, 60)}")
    if basis.plan:
        parts.append(f"plan {code(basis.plan[:12])}")
    key = re.sub(r"[^A-Za-z0-9._/]", "_", f"{report.project}/{report.stack}")[:120]
    return f"<sub>{' · '.join(parts)}</sub>\n\n<!-- stackyard report {key} -->"


def _count(size: int) -> str:
    return "1 resource depends" if size == 1 else f"{size} resources depend"


def _fit(lines: Iterable[str], budget: int, what: str) -> str:
    """As many whole lines as the bytes allow, and how many were left out."""
    given = list(lines)
    kept: list[str] = []
    left = budget - _NOTE_BYTES
    for line in given:
        left -= len(line.encode()) + 1
        if left < 0:
            break
        kept.append(line)
    if len(kept) < len(given):
        kept.append(f"- … and {len(given) - len(kept)} {what}: see the whole report (report.html)")
    return "\n".join(kept)


def _titled(title: str, text: str) -> str:
    return f"**{title}**\n\n{text}" if text else ""


def _folded(head: str, text: str) -> str:
    return f"{head}\n\n<details><summary>show</summary>\n\n{text}\n\n</details>" if text else head
