"""The random package: drawn once, of the wanted shape, replaced by every change."""

import re

import pytest

from stackyard.local.random_backend import RandomBackend
from stackyard.local.wire import JsonObject, NotFoundError

PASSWORD = "random:index/randomPassword:RandomPassword"
ID = "random:index/randomId:RandomId"


def draw(kind: str, inputs: JsonObject, *, seed: str | None = None, name: str = "it") -> JsonObject:
    token = f"random:index/{kind[0].lower()}{kind[1:]}:{kind}"
    id_, outputs = RandomBackend(seed=seed).create(token, name, inputs, timeout=0)
    return {**outputs, "id": id_}


def test_two_draws_differ() -> None:
    one, other = draw("RandomPassword", {"length": 32}), draw("RandomPassword", {"length": 32})

    assert one["result"] != other["result"]


def test_a_seeded_draw_repeats() -> None:
    one, other = (draw("RandomId", {"byteLength": 4}, seed="s") for _ in range(2))

    assert one == other


def test_a_seeded_draw_depends_on_name_and_keepers() -> None:
    drawn = {
        draw("RandomId", {"byteLength": 4}, seed="s", name="a")["hex"],
        draw("RandomId", {"byteLength": 4}, seed="s", name="b")["hex"],
        draw("RandomId", {"byteLength": 4, "keepers": {"v": "2"}}, seed="s", name="b")["hex"],
    }

    assert len(drawn) == 3


@pytest.mark.parametrize(
    ("inputs", "pattern"),
    [
        ({"length": 40}, r"^.{40}$"),
        ({"length": 40, "special": False}, r"^[A-Za-z0-9]{40}$"),
        ({"length": 40, "special": False, "upper": False, "numeric": False}, r"^[a-z]{40}$"),
        ({"length": 40, "overrideSpecial": "-", "lower": False, "upper": False,
          "numeric": False}, r"^-{40}$"),
        ({"length": 3, "minNumeric": 3}, r"^[0-9]{3}$"),
    ],
)  # fmt: skip
def test_a_password_has_the_wanted_letters(inputs: JsonObject, pattern: str) -> None:
    assert re.match(pattern, draw("RandomPassword", inputs)["result"])


def test_a_password_is_not_its_id() -> None:
    assert draw("RandomPassword", {"length": 20})["id"] == "none"


def test_an_id_is_the_same_number_in_every_form() -> None:
    drawn = draw("RandomId", {"byteLength": 8, "prefix": "p-"})

    assert int(drawn["dec"].removeprefix("p-")) == int(drawn["hex"].removeprefix("p-"), 16)
    assert drawn["b64Url"] == f"p-{drawn['id']}"


def test_an_integer_lies_within_its_bounds() -> None:
    assert draw("RandomInteger", {"min": 7, "max": 7})["result"] == 7


def test_a_shuffle_keeps_its_members() -> None:
    drawn = draw("RandomShuffle", {"inputs": ["a", "b", "c"], "resultCount": 2})

    assert len(set(drawn["results"]) & {"a", "b", "c"}) == 2


def test_every_change_replaces() -> None:
    olds = {"length": 8, "keepers": {"v": "1"}}

    replaced = RandomBackend().replaces(PASSWORD, olds, {"length": 8, "keepers": {"v": "2"}})

    assert replaced == {"keepers"}


def test_nothing_is_known_before_the_draw() -> None:
    foreseen = RandomBackend().preview(ID, None, {"byteLength": 4})

    assert foreseen == {"byteLength": 4}


@pytest.mark.parametrize(
    ("news", "refused"),
    [({"byteLength": 4}, []), ({"bytes": 4, "byteLength": 4}, ["bytes"]), ({}, ["byteLength"])],
)
def test_wrong_inputs_are_named(news: JsonObject, refused: list[str]) -> None:
    _, failures = RandomBackend().check(ID, "it", {}, news, b"")

    assert [property_ for property_, _ in failures] == refused


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"length": 2, "minLower": 3}, "length 2 is less than the 3 characters"),
        ({"length": 2, "lower": False, "upper": False, "numeric": False, "special": False},
         "every kind of character is switched off"),
    ],
)  # fmt: skip
def test_impossible_wishes_are_refused(inputs: JsonObject, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw("RandomPassword", inputs)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(LookupError, match="the random package has no RandomThing"):
        draw("RandomThing", {})


def test_a_value_is_read_from_the_state() -> None:
    inputs, outputs = RandomBackend().read(ID, "x", {"byteLength": 4, "hex": "0a"})

    assert (inputs, outputs) == ({"byteLength": 4, "hex": "0a"}, {"byteLength": 4, "hex": "0a"})


def test_a_value_cannot_be_imported() -> None:
    with pytest.raises(NotFoundError, match="stack's state only"):
        RandomBackend().read(ID, "x", {})
