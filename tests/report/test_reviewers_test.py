"""docs/report.md shows what the report now says of ten changes."""

import re

from tests.report.reviewers_test import MARK, PAGE, PICTURE, TEN, examples


def test_the_page_has_what_the_reports_say_now() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(MARK)[2] == f"\n{examples()}"


def test_ten_changes_are_shown() -> None:
    assert len(TEN) == 10


def test_every_exit_code_and_option_of_the_page_is_there() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE)) == {"0", "3", "6", "10", "11"}


def test_the_page_shows_the_report() -> None:
    assert f"({PICTURE.name})" in PAGE.read_text(encoding="utf-8")
    assert PICTURE.stat().st_size < 300_000
