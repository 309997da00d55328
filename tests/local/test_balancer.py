"""ELB's descriptions become what HAProxy is told; without a process."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.errors import StackyardError
from stackyard.local.balancer import Forward, Reply, weight_lines
from stackyard.local.haproxy_config import Files, configuration
from tests.local.load_balancers import CHECK, described, forward, rule, slot

FILES = Files(run=Path("/run"), certificate=Path("/secrets/bundle"))
WEIGHTS = st.dictionaries(st.text("abc", min_size=1), st.integers(0, 999), min_size=1, max_size=5)


@given(WEIGHTS.filter(lambda weights: sum(weights.values()) > 0))
def test_weight_map_has_100_lines_in_the_shares_of_the_weights(weights: dict[str, int]) -> None:
    counts = Counter(weight_lines(weights))

    total = sum(weights.values())
    assert sum(counts.values()) == 100
    assert all(abs(counts[name] - 100 * w / total) < 1 for name, w in weights.items())
    assert all(counts[name] == 0 for name, w in weights.items() if w == 0)


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ({"blue": 100, "green": 0}, {"blue": 100}),
        ({"blue": 1, "green": 1}, {"blue": 50, "green": 50}),
        ({"blue": 90, "green": 10}, {"blue": 90, "green": 10}),
        ({"blue": 1, "green": 1, "grey": 1}, {"blue": 34, "green": 33, "grey": 33}),
    ],
)
def test_weight_map_of_known_weights(weights: dict[str, int], counts: dict[str, int]) -> None:
    assert Counter(weight_lines(weights)) == counts


def test_weights_of_nought_make_an_empty_map() -> None:
    assert weight_lines({"blue": 0, "green": 0}) == []


def test_listener_80_answers_on_8080_of_the_balancers_address() -> None:
    frontend = described(rule("default", forward(blue=1))).frontends[0]

    assert (frontend.address, frontend.port, frontend.listener_port) == ("127.10.1.1", 8080, 80)


def test_load_balancer_without_a_local_address_is_an_error() -> None:
    with pytest.raises(
        StackyardError, match=r"main answers at 'lb\.example\.com', which is no addr"
    ):
        described(dns_name="lb.example.com")


def test_rules_stand_in_the_order_of_their_priorities_and_the_default_last() -> None:
    reply = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}

    rules = described(
        rule("default", reply), rule("10", forward(blue=1), "/a"), rule("9", forward(green=1), "/b")
    )

    assert [type(r.action) for r in rules.frontends[0].rules] == [Forward, Forward, Reply]
    assert [r.key for r in rules.frontends[0].rules] == ["2-9", "2-10", "2-default"]


def test_condition_that_is_not_known_is_an_error() -> None:
    odd = {**rule("1", forward(blue=1)), "Conditions": [{"Field": "query-string"}]}

    with pytest.raises(StackyardError, match="no rule condition 'query-string'"):
        described(odd)


def test_weights_alone_leave_the_configuration_as_it_is() -> None:
    texts = {
        configuration(described(rule("1", forward(blue=b, green=g), "/*")), {}, FILES, {})
        for b, g in ((100, 0), (50, 50), (0, 100))
    }

    assert len(texts) == 1


def test_check_and_delay_come_from_the_target_group() -> None:
    blue, green = described(rule("default", forward(blue=1))).backends

    assert blue.check == CHECK
    assert (blue.deregistration_seconds, green.deregistration_seconds) == (7, 300)


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [("/api/*", "^/api/.*$"), ("/?.html", "^/.\\.html$"), ("/it's", "^/it'\"'\"'s$")],
)
def test_path_patterns_become_whole_expressions(pattern: str, expression: str) -> None:
    text = configuration(described(rule("1", forward(blue=1), pattern)), {}, FILES, {})

    assert f"acl rule0-0 path -m reg '{expression}'" in text


def test_only_healthy_targets_are_written_as_live_servers() -> None:
    slots = {
        "blue": [
            slot(1, "127.10.16.1", state="healthy"),
            slot(2, "127.10.16.2", state="initial"),
            slot(3, "127.10.16.3", state="unhealthy"),
            slot(4, "127.10.16.4", state="draining"),
        ]
    }

    text = configuration(described(rule("1", forward(blue=1), "/*")), slots, FILES, {})

    assert text.count("server s1 127.10.16.1:5000") == 1
    assert all(f"127.10.16.{n}" not in text for n in (2, 3, 4))


def test_a_backend_is_named_as_its_target_group() -> None:
    names = [b.name for b in described(rule("default", forward(blue=1))).backends]

    assert names == ["blue", "green"]
