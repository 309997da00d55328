"""Names that would be markup, commands or megabytes: they come out as text, and short."""

import html.parser
import json
import re
from dataclasses import replace

import pytest

from stackyard.report.blast import Blast
from stackyard.report.change import PolicyResult
from stackyard.report.command import summary
from stackyard.report.document import document
from stackyard.report.html import page
from stackyard.report.markdown import BUDGETS, LIMIT_BYTES, markdown
from stackyard.report.parse import preview_in
from stackyard.report.proposal import proposal_of
from stackyard.report.report import Cost, Report, Sections, Time, report_of
from stackyard.report.text import clean, code, escaped
from tests.report.examples import DATABASE, EVIL, GOLDENS, reported, step, thousand


@pytest.fixture(scope="module")
def large() -> Report:
    return report_of(proposal_of(preview_in(thousand(), "preview.json")[0]))


def evil() -> Report:
    return reported(
        step("delete", EVIL, type_=DATABASE),
        step("create", EVIL, type_=f"aws:{EVIL}"),
        step("update", "b", old={EVIL: "1"}, new={EVIL: EVIL}, detailedDiff={EVIL: {"kind": "u"}}),
    )


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "src"]


def outside_code(text: str) -> str:
    """What GitHub would read as markup."""
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


def test_a_hostile_name_is_no_tag_of_the_page() -> None:
    tags = Tags()

    tags.feed(page(evil()))

    assert not {"script", "img", "b"} & tags.seen
    assert tags.handlers == []


def test_a_hostile_name_is_in_a_comment_only_as_code() -> None:
    left = outside_code(markdown(evil()))

    for word in ("<img", "<script", "@everyone", "http:", "# heading", "${", "\x1b", "\u202e"):
        assert word not in left


def test_a_hostile_name_ends_no_line_of_a_comment() -> None:
    lines = markdown(evil()).splitlines()

    assert not [line for line in lines if line.startswith(("# ", "</details>\x1b"))]
    assert lines.count("</details>") == lines.count("<details><summary>show</summary>")


def test_a_hostile_name_is_no_markup_and_no_expression_in_json() -> None:
    text = document(evil())

    assert not re.search(r"<|\$\{|[^\x20-\x7e\n]", text)
    assert "<img src=x" in json.loads(text)["dangers"][0]["urn"]


def test_a_terminal_gets_no_control_characters() -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", summary(evil(), GOLDENS))


def test_a_long_name_loses_its_middle() -> None:
    assert clean("a" * 5_000 + "end") == "a" * 59 + "…" + "a" * 56 + "end"


@pytest.mark.parametrize("text", ["`", "``a```", "a`", "", " ", "```"])
def test_backticks_end_no_code_span(text: str) -> None:
    fence = re.match(r"`+", code(text))

    assert fence is not None
    assert outside_code(code(text)) == ""


def test_quotes_end_no_attribute() -> None:
    assert escaped("\"'<>&${a}") == "&quot;&#x27;&lt;&gt;&amp;&#36;{a}"


def test_a_comment_of_a_thousand_hostile_steps_fits(large: Report) -> None:
    text = markdown(large)

    assert len(text.encode()) <= LIMIT_BYTES
    assert text.splitlines()[0].startswith("**CRITICAL** · `shop/test` · replaces 400")
    assert re.search(r"… and \d+ dangers: see the whole report", text)


def test_the_sections_budgets_fit_the_comment() -> None:
    assert sum(BUDGETS.values()) + 2 * len(BUDGETS) <= LIMIT_BYTES


def test_the_verdict_and_the_dangers_are_never_folded(large: Report) -> None:
    text = markdown(large)

    assert text.index("**CRITICAL**") < text.index("- **CRITICAL**") < text.index("<details>")


def test_a_comment_of_which_every_section_is_full_fits(large: Report) -> None:
    policy = [
        PolicyResult(pack=EVIL, rule=f"{number}", message=EVIL * 9, mandatory=True, urn=EVIL)
        for number in range(500)
    ]
    blasts = [Blast(name=EVIL, urn=EVIL, size=9, stateful=(EVIL,) * 9) for number in range(500)]
    names = (EVIL,) * 500
    sections = Sections(
        cost=Cost(
            low=1,
            expected=2,
            high=3,
            before=1,
            parts=((EVIL, 1.0),) * 500,
            unpriced=names,
            assumptions=names,
        ),
        time=Time(minutes=3, path=names),
        mermaid="x" * 9_000,
    )
    full = replace(large, policy=policy, blasts=blasts, sections=sections)

    assert 45_000 < len(markdown(full).encode()) <= LIMIT_BYTES
