"""The price table: what AWS asks on demand in one region, each price with its source and date."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from stackyard.errors import SettingsFaultError

FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True, kw_only=True)
class Price:
    """One price."""

    usd: Decimal
    per: str
    """The unit: hour, month, GB, GB-month, LCU-hour, million requests."""
    source: str
    """Key of the table's sources."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a price is from, and the day that it is from or was read."""

    title: str
    date: str


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """The prices of one region."""

    region: str
    prices: Mapping[str, Price]
    sources: Mapping[str, Source]

    @property
    def dates(self) -> tuple[str, str]:
        """The oldest and the newest day of any price in it."""
        days = sorted(self.sources[price.source].date for price in self.prices.values())
        return days[0], days[-1]


@cache
def price_table(file: Path = FILE) -> PriceTable:
    """The table in the repository."""
    return parsed(file.read_text(encoding="utf-8"), file.name)


def parsed(text: str, name: str) -> PriceTable:
    """A table from its JSON; raises `SettingsFaultError` for one that is none."""
    try:
        given: dict[str, Any] = json.loads(text)
        sources = {key: Source(**each) for key, each in given["sources"].items()}
        prices = {
            key: Price(usd=Decimal(each["usd"]), per=each["per"], source=each["source"])
            for key, each in given["prices"].items()
        }
        region = str(given["region"])
        unknown = sorted({price.source for price in prices.values()} - set(sources))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as problem:
        raise SettingsFaultError(f"{name}: is no price table: {problem!r}") from problem
    if unknown:
        raise SettingsFaultError(f"{name}: prices name sources that it has not: {unknown}")
    return PriceTable(region=region, prices=prices, sources=sources)


def written(table: PriceTable) -> str:
    """The table as its JSON, a price a line, so that a refresh shows as what it changes."""
    used = {price.source for price in table.prices.values()}
    sources = {
        key: {"title": each.title, "date": each.date}
        for key, each in sorted(table.sources.items())
        if key in used
    }
    prices = {
        key: {"usd": str(each.usd), "per": each.per, "source": each.source}
        for key, each in sorted(table.prices.items())
    }
    return (
        f'{{\n  "region": {json.dumps(table.region)},\n  "currency": "USD",\n'
        f'  "sources": {_lines(sources)},\n  "prices": {_lines(prices)}\n}}\n'
    )


def _lines(rows: Mapping[str, Mapping[str, str]]) -> str:
    listed = ",\n".join(
        f"    {json.dumps(key)}: {json.dumps(row, ensure_ascii=False)}" for key, row in rows.items()
    )
    return f"{{\n{listed}\n  }}"
