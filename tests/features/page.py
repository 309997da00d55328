"""docs/features.md: rows, the tests that show them, and what is safe without a setting."""

from collections.abc import Iterable, Iterator, Mapping

from tests.features.limits import not_there
from tests.features.marks import Mark, marks
from tests.features.rows import FEATURES, LETTERS
from tests.graph.safety import SAFEGUARDS

HEAD = """\
# Features

What the graph holds, row by row, each with the tests that show it; a row without one is not
claimed. ★: whole in none of terraform-aws-modules, CDK, EKS Blueprints, awsx and pulumi-eks,
lbrlabs-eks, SST, MIT's ol-infrastructure and tb_pulumi, by their source of 2026. The tests look at
what the program asks of AWS, with no AWS to ask. `make features` runs the tests and writes this
page; never by hand.
"""
SAFE_HEAD = """\
## Safe without a setting

What a stack file that sets nothing gets. Checked over the graphs of `Pulumi.prod.yaml` and
`Pulumi.staging.yaml` by `tests/graph/test_safety.py`.

| safeguard | production | staging |
|---|---|---|
"""


def page() -> str:
    """The whole page, of the marks as they stand."""
    return text(marks(), not_there())


def text(found: Iterable[Mark], reasons: Mapping[str, str]) -> str:
    """The page of some marks, and of reasons why rows are not there."""
    shown = list(found)
    lines = [HEAD]
    for letter, title in LETTERS.items():
        lines += [f"## {title}\n", "| row | feature | kind | by | tests |", "|---|---|---|---|---|"]
        rows = (number for number in FEATURES if number.startswith(letter))
        lines += [_row(number, shown, reasons.get(number)) for number in rows]
        lines.append("")
    return "\n".join([*lines, SAFE_HEAD + "\n".join(_safeguards())]) + "\n"


def unshown(found: Iterable[Mark], reasons: Mapping[str, str]) -> list[str]:
    """Rows that no test shows and no reason excuses."""
    rows = {str(mark.args[0]) for mark in found if mark.kind == "row"}
    return [
        f"{number} {feature.text}"
        for number, feature in FEATURES.items()
        if number not in rows and number not in reasons
    ]


def _row(number: str, found: list[Mark], reason: str | None) -> str:
    feature = FEATURES[number]
    here = [mark for mark in found if mark.kind == "row" and mark.args[0] == number]
    settings = dict.fromkeys(f"`{mark.args[1]}`" if mark.args[1] else "default" for mark in here)
    tests = dict.fromkeys(f"`{mark.test.removeprefix('tests/')}`" for mark in here)
    words = feature.text if reason is None else f"{feature.text}. Not there: {reason}"
    shown = "<br>".join(tests) or ("**no test**" if reason is None else "-")
    cells = (number, words, feature.kind, ", ".join(settings) or "-", shown)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _safeguards() -> Iterator[str]:
    for safeguard in SAFEGUARDS:
        cells = (f"no: {reason}" if reason else "yes" for reason in ("", safeguard.staging))
        yield f"| {safeguard.name} | {' | '.join(cells)} |"
