"""What is said of a drift, and which comes first."""

from stackyard.drift.findings import Kind, ranked
from tests.drift.examples import CHANGED, drift, findings
from tests.report.examples import DATABASE


def test_what_held_data_and_is_gone_comes_first() -> None:
    rule = drift("rule", Kind.ADDED, added="rule sgr-1")
    gone, lost = drift("a", Kind.GONE), drift("z", Kind.GONE, DATABASE)

    assert ranked([CHANGED, rule, gone, lost]) == [lost, gone, rule, CHANGED]


def test_what_goes_with_a_stateful_resource_is_named() -> None:
    assert drift("db", Kind.GONE, DATABASE).facts == ["gone, with the database"]


def test_a_change_that_the_provider_does_not_explain_is_still_one() -> None:
    assert drift().facts == ["changed"]


def test_only_drift_has_an_exit_code_of_its_own() -> None:
    assert (findings().exit_code, findings(CHANGED).exit_code) == (0, 8)
