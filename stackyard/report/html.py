"""The report as one page: no asset from elsewhere, light and dark, readable by keyboard and ear."""

from collections.abc import Iterable, Iterator
from importlib.resources import files

from stackyard.report import values
from stackyard.report.change import Change, name_of
from stackyard.report.danger import Danger
from stackyard.report.report import Report
from stackyard.report.text import escaped
from stackyard.report.verdict import dollars, duration_words, facts, saving, spoken

ROWS = 3_000
"""Changes a page lists; a browser is slow above it."""
_POLICY_OF_CONTENT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Nothing is fetched and nothing runs, whatever a name contains."""


def page(report: Report) -> str:
    """The whole document."""
    where = escaped(f"{report.project}/{report.stack}")
    style = files("stackyard.report").joinpath("page.css").read_text(encoding="utf-8")
    body = "\n".join(
        part
        for part in (
            _verdict(report, where),
            _dangers(report),
            _policy(report),
            _blast(report),
            _picture(report),
            _cost(report),
            _time(report),
            _changes(report),
        )
        if part
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY_OF_CONTENT}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{report.risk.name}: {where}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#changes">To the changes</a>
<main>
{body}
</main>
<footer><p>{_basis(report)}</p></footer>
</body>
</html>
"""


def _verdict(report: Report, where: str) -> str:
    level = report.risk.name
    items = "".join(f"<li>{escaped(fact)}</li>" for fact in facts(report))
    return (
        f'<h1><span class="level {level.lower()}">{level}</span> {where}</h1>\n'
        f'<ul class="facts">{items}</ul>'
    )


def _dangers(report: Report) -> str:
    if not report.dangers:
        says = "No dangerous change." if report.changes else "Nothing changes."
        return f"<p>{says}</p>"
    refused = (
        "<p><code>stackyard up</code> refuses this unless each of them is consented to, by URN and"
        " with a reason (<code>--allow-destructive</code>).</p>"
        if report.refused
        else ""
    )
    return _section(
        "Dangers",
        f'<ol class="dangers">{"".join(map(_danger, report.dangers[:ROWS]))}</ol>{refused}',
    )


def _danger(danger: Danger) -> str:
    level = danger.level.name
    because = "".join(f"<li><code>{escaped(fact)}</code></li>" for fact in danger.because[:200])
    below = "".join(f"<dt>{word}</dt><dd>{text}</dd>" for word, text in spoken(danger))
    return (
        f'<li><p><span class="level {level.lower()}">{level}</span>'
        f" <code>{escaped(danger.name)}</code> {danger.says}</p>"
        f'<p class="urn"><code>{escaped(danger.urn, 400)}</code></p>'
        + (f"<ul>{because}</ul>" if because else "")
        + (f"<dl>{below}</dl>" if below else "")
        + "</li>\n"
    )


def _policy(report: Report) -> str:
    rows = [
        (
            "violated" if each.mandatory else "advisory",
            each.rule,
            each.pack,
            name_of(each.urn),
            each.message[:1_000],
        )
        for each in report.policy
    ]
    cut = (
        "<p>The preview ended at a broken policy: what comes after it is not shown.</p>"
        if report.cut_short
        else ""
    )
    if not rows:
        return ""
    head = ("result", "rule", "pack", "resource", "message")
    return _section("Policy", cut + _table(head, rows, limit=600))


def _blast(report: Report) -> str:
    rows = [
        (blast.name, str(blast.size), ", ".join(blast.stateful)) for blast in report.blasts[:ROWS]
    ]
    if not rows:
        return ""
    head = ("what goes", "resources that depend on it", "stateful among them")
    return _section("Blast radius", _table(head, rows, limit=400))


def _picture(report: Report) -> str:
    # Made by this program, its texts escaped: it is part of the page as it is.
    return _section("Picture", report.sections.svg) if report.sections.svg else ""


def _cost(report: Report) -> str:
    cost = report.sections.cost
    if cost is None:
        return ""
    head = (
        f"<p>${cost.expected:,.2f} a month expected ({dollars(cost.expected - cost.before)}),"
        f" ${cost.low:,.2f} idle, ${cost.high:,.2f} at most.</p>"
    )
    rows = [(part, f"${amount:,.2f}") for part, amount in cost.parts]
    table = _table(("part", "expected a month"), rows) if rows else ""
    ways = [
        (f"with {each.name}", f"${each.expected:,.2f}", saving(each), each.note)
        for each in cost.levers
    ]
    head_of_ways = ("way to pay less", "expected a month", "saves", "what it takes")
    table += _table(head_of_ways, ways) if ways else ""
    notes = [f"assumed: {each}" for each in cost.assumptions]
    notes += [f"not priced: {each}" for each in cost.unpriced]
    listed = "".join(f"<li>{escaped(note, 300)}</li>" for note in notes)
    return _section("Cost", head + table + (f"<ul>{listed}</ul>" if listed else ""))


def _time(report: Report) -> str:
    time = report.sections.time
    if time is None:
        return ""
    path = "".join(f"<li><code>{escaped(name)}</code></li>" for name in time.path)
    return _section(
        "Time", f"<p>{duration_words(time.minutes).capitalize()}, along:</p><ol>{path}</ol>"
    )


def _changes(report: Report) -> str:
    groups: dict[str, list[Change]] = {}
    for change in report.changes[:ROWS]:
        groups.setdefault(change.component, []).append(change)
    left = len(report.changes) - ROWS
    more = f"<p>… and {left} more: see report.json.</p>" if left > 0 else ""
    listed = "".join(_group(name, changes) for name, changes in groups.items())
    return (
        f'<section id="changes" aria-labelledby="h-changes"><h2 id="h-changes">'
        f"Changes</h2>{listed or '<p>None.</p>'}{more}</section>"
    )


def _group(name: str, changes: list[Change]) -> str:
    title = escaped(name) if name else "not in a component"
    rows = "".join(_change(change) for change in changes)
    return (
        f"<details{' open' if len(changes) <= 20 else ''}>"
        f"<summary>{title} ({len(changes)})</summary><ul>{rows}</ul></details>\n"
    )


def _change(change: Change) -> str:
    steps = "".join(
        f"<li><code>{escaped(values.step(change, path), 200)}</code></li>"
        for path in change.paths[:100]
    )
    return (
        f'<li><span class="operation">{change.operation}</span>'
        f" <code>{escaped(change.name)}</code> <small>{escaped(change.type)}</small>"
        + (f"<ul>{steps}</ul>" if steps else "")
        + "</li>"
    )


def _basis(report: Report) -> str:
    return " · ".join(escaped(part, 200) for part in _basis_parts(report))


def _basis_parts(report: Report) -> Iterator[str]:
    basis = report.basis
    yield f"from {report.source}"
    if basis.state is not None:
        yield f"state written {basis.state.serial or 'never'}, SHA-256 {basis.state.hash}"
    if basis.commit:
        yield f"commit {basis.commit}"
    if basis.plan:
        yield f"plan {basis.plan}"


def _section(title: str, inner: str) -> str:
    key = "h-" + title.lower().replace(" ", "-")
    return f'<section aria-labelledby="{key}"><h2 id="{key}">{title}</h2>{inner}</section>'


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, limit: int = 120) -> str:
    top = "".join(f'<th scope="col">{word}</th>' for word in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escaped(cell, limit)}</td>" for cell in row) + "</tr>\n"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>\n{body}</tbody></table>"
