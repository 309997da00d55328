"""Response times become histograms of bounded size."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.local.response_times import BUCKETS, ResponseTimes, bucket_of

LONGEST_MILLISECONDS = 60_000  # HAProxy's time-out of a server


def histogram(times: Iterable[int]) -> dict[float, int]:
    seen = ResponseTimes()
    for milliseconds in times:
        seen.add(milliseconds)
    return seen.values()


def test_equal_times_are_one_value() -> None:
    assert histogram([12, 0, 12]) == {0.0: 1, 0.012: 2}


def test_a_time_seen_several_times_counts_as_often() -> None:
    times = ResponseTimes()

    times.add(12)
    times.add(12, 3)

    assert times.values() == {0.012: 4}


def test_a_bucket_of_its_own_holds_each_of_the_first_milliseconds() -> None:
    assert [bucket_of(n) for n in range(20)] == list(range(20))


@pytest.mark.parametrize(
    ("milliseconds", "bucket"),
    [(10_800, BUCKETS - 2), (10_900, BUCKETS - 1), (LONGEST_MILLISECONDS, BUCKETS - 1)],
)
def test_the_last_bucket_holds_all_from_10_8_seconds(milliseconds: int, bucket: int) -> None:
    assert bucket_of(milliseconds) == bucket


@given(st.integers(1, 10_000))
def test_a_bucket_is_no_wider_than_5_percent(milliseconds: int) -> None:
    narrower = max(0, int(milliseconds / 1.05) - 1)

    assert bucket_of(narrower) < bucket_of(milliseconds)


@given(st.lists(st.integers(0, LONGEST_MILLISECONDS), min_size=1, max_size=300))
def test_a_histogram_keeps_count_and_sum_in_a_bounded_number_of_values(times: list[int]) -> None:
    seen = histogram(times)

    assert sum(seen.values()) == len(times)
    assert sum(value * n for value, n in seen.items()) == pytest.approx(sum(times) / 1000)
    assert len(seen) <= BUCKETS == 150


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=300))
def test_the_95th_percentile_of_a_histogram_is_within_5_percent(times: list[int]) -> None:
    seen = histogram(times)
    rank = (95 * len(times) + 99) // 100 - 1

    inflated = sorted(value for value, n in seen.items() for _ in range(n))

    assert inflated[rank] == pytest.approx(sorted(times)[rank] / 1000, rel=0.05)
