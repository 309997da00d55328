"""Checks that settings of several sections share; each raises `ValueError` with the way out."""

import re
from itertools import combinations

from stacks.cidr import check_network

_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
CPU_QUANTITY = r"^[1-9]\d*m?$"
MEMORY_QUANTITY = r"^[1-9]\d*(Mi|Gi)$"


def minutes(clock: str) -> int:
    """Minutes since midnight of a clock like 07:30."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def daily_window(value: str) -> str:
    """A daily window like 07:00-09:00 (UTC), 30 minutes or longer; it may pass midnight."""
    if not _WINDOW.fullmatch(value):
        raise ValueError(f"{value!r} is no daily window; write it like '07:00-09:00' (UTC)")
    start, end = map(minutes, value.split("-"))
    if (end - start) % (24 * 60) < 30:
        raise ValueError(f"{value!r} is shorter than the 30 minutes AWS asks for")
    return value


def weekly_window(value: str) -> str:
    """A weekly window like sun:04:00-sun:05:00 (UTC) within one day."""
    day, _, window = value.partition(":")
    end_day, clocks = window[6:9], f"{window[:5]}-{window[10:]}"
    if not re.fullmatch(r"mon|tue|wed|thu|fri|sat|sun", day) or end_day != day:
        raise ValueError(
            f"{value!r} is no weekly window; write it like 'sun:04:00-sun:05:00' (UTC)"
        )
    daily_window(clocks)
    return value


def cidr_list(value: tuple[str, ...]) -> tuple[str, ...]:
    """Every entry is an IPv4 network, and none lies in another."""
    for one, other in combinations(value, 2):
        if check_network(one).overlaps(check_network(other)):
            raise ValueError(f"{one} and {other} overlap; keep the larger one")
    for block in value:
        check_network(block)
    return value
