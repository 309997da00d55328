"""The price table: what it holds, and how it is renewed from AWS's price list.

The price list is a stand-in on this machine, shaped as AWS documents it; nobody here reached AWS.
"""

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.picture_commands import refresh_lines
from stackyard.report.price_fetch import refresh
from stackyard.report.price_list import Refreshed, offer_of
from stackyard.report.prices import FILE, parsed, price_table, written
from tests.report.price_server import OFFERS, files, serving


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return Path(shutil.copy(FILE, tmp_path / "prices.json"))


def refreshed_from(table: Path, found: dict[str, str], **more: object) -> Refreshed:
    region, added = more.get("region"), more.get("added", [])
    with serving(found) as address:
        return refresh(region, added, address=address, file=table)  # type: ignore[arg-type]  # as the tests give them


def test_every_price_has_a_source_and_a_day() -> None:
    table = price_table()

    assert {p.source for p in table.prices.values()} == set(table.sources)
    assert all(dt.date.fromisoformat(s.date) for s in table.sources.values())
    assert all(price.usd > 0 for price in table.prices.values())


def test_the_file_is_as_it_would_be_written() -> None:
    assert written(price_table()) == FILE.read_text(encoding="utf-8")


def test_valkey_costs_four_fifths_of_redis() -> None:
    prices = price_table().prices
    sizes = [key.removeprefix("valkey.") for key in prices if key.startswith("valkey.cache.")]

    assert sizes
    assert all(
        prices[f"valkey.{size}"].usd == prices[f"redis.{size}"].usd * Decimal("0.8")
        for size in sizes
    )


def test_all_but_what_has_no_region_can_be_renewed() -> None:
    left = [key for key in price_table().prices if offer_of(key) is None]

    assert left == [
        "cloudfront.functions",
        "cloudfront.gb",
        "cloudfront.requests",
        "zone.month",
    ]


def test_a_refresh_takes_the_on_demand_price_and_no_other(table: Path) -> None:
    refreshed_from(table, files(OFFERS))

    prices = parsed(table.read_text(), "prices.json").prices
    assert prices["ec2.m8g.large"].usd == Decimal("0.095")
    assert prices["aurora.db.r8g.large"].usd == Decimal("0.28")
    assert prices["nat.hour"].usd == Decimal("0.046")


def test_a_refresh_knows_the_regions_prefix_and_the_first_tier(table: Path) -> None:
    refreshed_from(table, files(OFFERS))

    prices = parsed(table.read_text(), "prices.json").prices
    assert prices["waf.acl"].usd == 6
    assert prices["endpoint.gb"].usd == Decimal("0.01")


def test_prices_of_single_requests_become_those_of_a_million(table: Path) -> None:
    refreshed_from(table, files(OFFERS))

    assert parsed(table.read_text(), "prices.json").prices["aurora.io"].usd == Decimal("0.2")


def test_renewed_prices_carry_the_price_lists_day(table: Path) -> None:
    refreshed_from(table, files(OFFERS))

    renewed = parsed(table.read_text(), "prices.json")
    source = renewed.sources[renewed.prices["ec2.m8g.large"].source]
    assert (source.title, source.date) == ("AWS price list, AmazonEC2, us-east-1", "2026-11-20")


def test_what_the_price_list_leaves_out_stays_and_is_named(table: Path) -> None:
    found = refreshed_from(table, files(OFFERS))

    assert "cloudfront.gb" in found.kept
    assert found.table.prices["cloudfront.gb"] == price_table().prices["cloudfront.gb"]
    assert any("cloudfront.gb" in line for line in refresh_lines(found))


def test_a_price_can_be_added(table: Path) -> None:
    found = refreshed_from(table, files(OFFERS), added=["ec2.m8g.8xlarge"])

    assert found.changed["ec2.m8g.8xlarge"] == (None, Decimal("1.5"))
    assert "ec2.m8g.8xlarge              new -> 1.5" in refresh_lines(found)


def test_a_second_refresh_changes_nothing(table: Path) -> None:
    refreshed_from(table, files(OFFERS))
    first = table.read_text()

    again = refreshed_from(table, files(OFFERS))

    assert again.changed == {}
    assert table.read_text() == first


def test_a_price_that_nobody_lists_cannot_be_added(table: Path) -> None:
    with pytest.raises(SettingsFaultError, match=r"lambda\.gb: no offer of AWS is known"):
        refreshed_from(table, files(OFFERS), added=["lambda.gb"])


def test_another_regions_table_keeps_no_price_of_this_one(table: Path) -> None:
    here = files(OFFERS)
    there = {path.replace("us-east-1", "eu-west-1"): text for path, text in here.items()}
    there = {path: text.replace("us-east-1", "eu-west-1") for path, text in there.items()}

    found = refreshed_from(table, there, region="eu-west-1")

    assert found.table.region == "eu-west-1"
    assert "cloudfront.gb" not in found.table.prices
    assert {p.source for p in found.table.prices.values()} <= set(OFFERS)


BROKEN = {
    "no index": ({}, "HTTP Error 404"),
    "no JSON": ({"/offers/v1.0/aws/index.json": "<html>"}, "is no JSON"),
    "no offers": ({"/offers/v1.0/aws/index.json": "{}"}, "has no offers"),
    "another host": (
        {
            "/offers/v1.0/aws/index.json": json.dumps(
                {"offers": {"AmazonEC2": {"currentRegionIndexUrl": "//example.com/x"}}}
            )
        },
        "which is no path of its own",
    ),
    "no CSV": (
        {path: "x" if path.endswith(".csv") else text for path, text in files(OFFERS).items()},
        "is no price list file",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_price_list_leaves_the_table_as_it_was(name: str, table: Path) -> None:
    found, said = BROKEN[name]

    with pytest.raises(StackyardError, match=said):
        refreshed_from(table, found)

    assert table.read_text() == FILE.read_text()


def test_prices_do_not_come_unencrypted(table: Path) -> None:
    with pytest.raises(SettingsFaultError, match="write https"):
        refresh(None, [], address="http://pricing.example.com", file=table)


def test_an_unreachable_price_list_is_said(table: Path) -> None:
    with pytest.raises(StackyardError, match="the price table stays as it is"):
        refresh(None, [], address="http://127.0.0.1:1", file=table)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"region": "x"}', '{"region": "x", "sources": {}, "prices": {"a": {}}}']
)
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(SettingsFaultError, match="is no price table"):
        parsed(text, "prices.json")
