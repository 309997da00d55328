"""The ways to pay less, side by side."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from stackyard.report.cost import cost
from stackyard.report.document import document
from stackyard.report.html import page
from stackyard.report.levers import Lever, levers
from stackyard.report.markdown import markdown
from stackyard.report.report import Report, report_of
from stackyard.report.sections import sections_of
from stackyard.report.usage import Usage
from tests.report.examples import golden_proposal
from tests.report.stacks import changed, stack, urn_of

USAGE = Usage()


def lever(stack_name: str, name: str) -> Lever:
    return next(each for each in levers(stack(stack_name), USAGE) if each.name == name)


def test_each_lever_is_the_cost_with_it() -> None:
    now = cost(stack("prod"), USAGE).expected

    assert {each.expected + each.saves for each in levers(stack("prod"), USAGE)} == {now}


def test_one_nat_gateway_saves_the_hours_of_the_others_and_their_addresses() -> None:
    saved = Decimal(2) * (Decimal("0.045") + Decimal("0.005")) * 730

    assert abs(lever("prod", "one NAT gateway").saves - saved) <= Decimal("0.02")


def test_what_a_stack_has_already_saves_nothing_more() -> None:
    assert lever("staging", "one NAT gateway").applied
    assert lever("prod", "Graviton").applied
    assert lever("prod", "Graviton").saves == 0


def test_graviton_saves_where_nodes_are_x86() -> None:
    prod = stack("prod")
    nodes = urn_of(prod, "NodeGroup", "cluster-nodes")
    x86 = changed(prod, nodes, instanceTypes=["m7i.large"])
    found = next(each for each in levers(x86, USAGE) if each.name == "Graviton")

    assert not found.applied
    assert found.saves == Decimal("63.07")  # 4.5 nodes, 0.0816 USD an hour and not 0.1008


def test_serverless_at_a_steady_load_is_said_to_cost_more() -> None:
    assert lever("prod", "Aurora Serverless").saves < 0


def test_reservations_are_of_what_always_runs() -> None:
    prod = cost(stack("prod"), USAGE)
    hours = sum(line.low for line in prod.lines if line.reservable)

    year = lever("prod", "reserved for a year")
    three = lever("prod", "reserved for three years")

    assert abs(year.saves - hours * Decimal("0.3")) <= Decimal("0.01")
    assert abs(three.saves - hours * Decimal("0.5")) <= Decimal("0.01")


def test_a_lever_whose_price_nobody_knows_is_not_offered() -> None:
    prod = stack("prod")
    nodes = urn_of(prod, "NodeGroup", "cluster-nodes")
    odd = changed(prod, nodes, instanceTypes=["c7i.24xlarge"])

    assert "Graviton" not in {each.name for each in levers(odd, USAGE)}


@pytest.mark.parametrize("written", [markdown, page, document])
def test_they_stand_side_by_side_in_every_report(written: Callable[[Report], str]) -> None:
    proposal = golden_proposal("first-deployment")
    report = report_of(proposal, sections=sections_of(proposal))

    text = written(report)

    assert report.sections.cost is not None
    assert [each.name for each in report.sections.cost.levers if each.name not in text] == []
    assert "reserved for a year" in text
