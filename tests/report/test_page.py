"""The report's page in a real browser: nothing fetched, nothing run, readable by everybody."""

import re
from functools import cache
from pathlib import Path

import pytest

from stackyard.report.html import page
from stackyard.report.report import report_of
from stackyard.report.sections import sections_of
from tests.report.browser import DARK, LIGHT, axe_source, console, seen
from tests.report.examples import EVIL, golden_proposal, proposed, step

pytestmark = [pytest.mark.local]


@cache
def whole(name: str) -> str:
    proposal = golden_proposal(name)
    return page(report_of(proposal, sections=sections_of(proposal)))


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_source(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize("name", ["database-replaced", "first-deployment", "nothing"])
def test_axe_finds_nothing_and_the_keyboard_reaches_everything(
    name: str, scheme: int, axe: str, tmp_path: Path
) -> None:
    found = seen(whole(name), axe, tmp_path, scheme=scheme)

    assert (found["violations"], found["missed"]) == ([], [])
    assert found["passes"] > 10
    assert found["focusable"] > 0


def test_axe_sees_what_is_wrong(axe: str, tmp_path: Path) -> None:
    broken = whole("nothing").replace(' lang="en"', "")

    assert seen(broken, axe, tmp_path, scheme=LIGHT)["violations"] == ["serious: html-has-lang"]


def test_the_page_says_nothing_on_the_console(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(whole("database-replaced"))

    assert console(file) == []


def test_a_hostile_name_runs_nothing_and_fetches_nothing(tmp_path: Path) -> None:
    proposal = proposed(step("delete", EVIL), step("create", f"</style></svg>{EVIL}"))
    file = tmp_path / "report.html"
    file.write_text(page(report_of(proposal, sections=sections_of(proposal))))

    assert console(file) == []


def test_what_a_page_would_fetch_is_on_the_console(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    given = whole("nothing").replace("<main>", '<main><img src="http://127.0.0.1:9/a.png">')
    file.write_text(given)

    assert "Content Security Policy" in console(file)[0]


def test_the_page_names_no_other_place() -> None:
    text = whole("database-replaced").replace("http://www.w3.org/2000/svg", "")

    assert not re.search(r"https?://|url\((?!#)|@import|<script|<link", text)
