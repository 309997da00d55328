"""The ledger in a parameter: there, not there, not readable."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from release.drive import REASON_LETTERS
from release.ledger import LedgerError, LedgerParameter, ledger_in, text_of
from release.plan import Failure, Ledger, Route, Serving, Underway, Version
from stacks.slots import SLOTS
from tests.release.moto_cloud import client, cloud
from tests.release.world import ROUTE, V1, V2, serving

NAME = "/stackyard/prod/release"
LEDGER = Ledger(
    live=serving("green", V2),
    previous=serving("blue", V1),
    failed=Failure(version=V1, reason="too slow", at="2026-01-01"),
    underway=Underway(slot="blue", version=V1, since="2026-01-01"),
    route=ROUTE,
)

text = st.text(max_size=20)
versions = st.builds(Version, id=text, image=text)
slots = st.sampled_from(SLOTS)
levels = st.none() | st.integers(0, 99)
servings = st.builds(
    Serving,
    number=st.integers(1, 999),
    slot=slots,
    version=versions,
    since=text,
    level=levels,
    floor=levels,
)
ledgers = st.builds(
    Ledger,
    live=st.none() | servings,
    previous=st.none() | servings,
    failed=st.none() | st.builds(Failure, version=versions, reason=text, at=text),
    underway=st.none() | st.builds(Underway, slot=slots, version=versions, since=text),
    route=st.none() | st.just(ROUTE),
)


@pytest.fixture(autouse=True, scope="module")
def _moto() -> Iterator[None]:
    with cloud():
        yield


def parameter(stack: str) -> LedgerParameter:
    return LedgerParameter(stack, client("ssm"))


def test_where_nothing_was_released_the_ledger_is_empty() -> None:
    assert parameter("new").read() == Ledger()


def test_what_the_program_makes_the_parameter_with_is_an_empty_ledger() -> None:
    assert ledger_in("{}", NAME) == Ledger()


def test_a_ledger_is_read_as_it_was_written() -> None:
    parameter("prod").write(LEDGER)

    assert parameter("prod").read() == LEDGER
    assert client("ssm").get_parameter(Name=NAME)["Parameter"]["Value"] == text_of(LEDGER)


@given(ledgers)
def test_any_ledger_is_the_same_as_text_and_back(ledger: Ledger) -> None:
    assert ledger_in(text_of(ledger), NAME) == ledger


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "oops",
        '{"live": {"slot": "red"}}',
        text_of(LEDGER).replace('"live"', '"lvie"'),
        text_of(LEDGER).replace('"level":2', '"level":"2"'),
    ],
)
def test_a_text_that_is_no_ledger_is_no_empty_one(value: str) -> None:
    with pytest.raises(LedgerError, match=rf"the parameter {NAME} .* get-parameter-history"):
        ledger_in(value, NAME)


def test_the_place_of_a_fault_is_told() -> None:
    with pytest.raises(LedgerError, match=r"1 faults, first live\.slot: Input should be 'blue' or"):
        ledger_in(text_of(LEDGER).replace('"slot":"green"', '"slot":"red"'), NAME)


def test_a_null_says_no_more_than_a_key_that_is_not_there() -> None:
    assert ledger_in('{"live": null, "route": null}', NAME) == Ledger()


def test_a_refusal_of_aws_is_no_empty_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = client("ssm")

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter")

    monkeypatch.setattr(refused, "get_parameter", refuse)

    with pytest.raises(ClientError, match="AccessDenied"):
        LedgerParameter("prod", refused).read()


def test_the_largest_ledger_fits_into_a_standard_parameter() -> None:
    image = f"123456789012.dkr.ecr.ap-southeast-2.amazonaws.com/{'team/' * 10}api@sha256:{'0' * 64}"
    long = Version(id="0" * 16, image=image)
    since = "2026-11-28T21:18:56+00:00"
    live = replace(serving("green", long), since=since, floor=99)
    name = f"arn:aws:elasticloadbalancing:ap-southeast-2:123456789012:listener/app/{'x' * 110}"
    ledger = Ledger(
        live=live,
        previous=live,
        failed=Failure(version=long, reason="é" * REASON_LETTERS, at=since),
        underway=Underway(slot="blue", version=long, since=since),
        route=Route(listener=name, groups=dict.fromkeys(SLOTS, name)),
    )

    assert len(text_of(ledger).encode()) < 4096
