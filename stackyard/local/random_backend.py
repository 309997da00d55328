"""The `random` package: values drawn once, at create, and kept in the stack's state."""

import base64
import random
import secrets
import string
import uuid
from collections.abc import Callable

from stackyard.local.aws.names import as_object
from stackyard.local.aws.sdk import describe
from stackyard.local.wire import JsonObject, NotFoundError

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""The special characters that pulumi-random draws from."""

LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
PETS = ("ant", "bee", "cat", "cod", "cow", "doe", "eel", "elk", "ewe", "fly", "fox", "gnu", "hen")
ADJECTIVES = ("apt", "big", "calm", "deft", "easy", "fair", "glad", "kind", "neat", "wise")

Draw = Callable[[random.Random, JsonObject], tuple[str, JsonObject]]


def _flag(inputs: JsonObject, name: str) -> bool:
    return bool(inputs.get(name, True))


def _text(source: random.Random, inputs: JsonObject) -> str:
    """A string of the wanted length with at least the wanted number of each kind of character."""
    special = inputs.get("overrideSpecial") or SPECIAL
    numeric = _flag(inputs, "numeric") and _flag(inputs, "number")
    kinds = (
        (LOWER, _flag(inputs, "lower"), int(inputs.get("minLower") or 0)),
        (UPPER, _flag(inputs, "upper"), int(inputs.get("minUpper") or 0)),
        (DIGITS, numeric, int(inputs.get("minNumeric") or 0)),
        (special, _flag(inputs, "special"), int(inputs.get("minSpecial") or 0)),
    )
    letters = "".join(alphabet for alphabet, wanted, _ in kinds if wanted)
    length = int(inputs["length"])
    least = sum(count for _, _, count in kinds)
    if not letters:
        raise ValueError("every kind of character is switched off; allow lower, upper or numeric")
    if least > length:
        raise ValueError(f"length {length} is less than the {least} characters asked for by kind")
    drawn = [source.choice(alphabet) for alphabet, _, count in kinds for _ in range(count)]
    drawn += [source.choice(letters) for _ in range(length - least)]
    source.shuffle(drawn)
    return "".join(drawn)


def _password(source: random.Random, inputs: JsonObject) -> tuple[str, JsonObject]:
    return "none", {"result": _text(source, inputs)}


def _string(source: random.Random, inputs: JsonObject) -> tuple[str, JsonObject]:
    drawn = _text(source, inputs)
    return drawn, {"result": drawn}


def _id(source: random.Random, inputs: JsonObject) -> tuple[str, JsonObject]:
    drawn = source.randbytes(int(inputs["byteLength"]))
    prefix = str(inputs.get("prefix") or "")
    short = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    return short, {
        "b64Std": prefix + base64.b64encode(drawn).decode(),
        "b64Url": prefix + short,
        "dec": prefix + str(int.from_bytes(drawn, "big")),
        "hex": prefix + drawn.hex(),
    }


def _integer(source: random.Random, inputs: JsonObject) -> tuple[str, JsonObject]:
    drawn = source.randint(int(inputs["min"]), int(inputs["max"]))
    return str(drawn), {"result": drawn}


def _bytes(source: random.Random, inputs: JsonObject) -> tuple[str, JsonObject]:
    drawn = source.randbytes(int(inputs["length"]))
    return drawn.hex(), {"base64": base64.b64encode(drawn).decode(), "hex": drawn.hex()}


def _uuid(source: random.Random, _inputs: JsonObject) -> tuple[str, JsonObject]:
    drawn = str(uuid.UUID(int=source.getrandbits(128), version=4))
    return drawn, {"result": drawn}


def _shuffle(source: random.Random, inputs: JsonObject) -> tuple[str, JsonObject]:
    given = list(inputs["inputs"])
    count = int(inputs.get("resultCount") or len(given))
    drawn: list[str] = []
    while given and len(drawn) < count:
        drawn += source.sample(given, len(given))
    return "-", {"results": drawn[:count]}


def _pet(source: random.Random, inputs: JsonObject) -> tuple[str, JsonObject]:
    length = int(inputs.get("length") or 2)
    words = [source.choice(ADJECTIVES) for _ in range(length - 1)] + [source.choice(PETS)]
    words = [str(inputs["prefix"]), *words] if inputs.get("prefix") else words
    name = str(inputs.get("separator") or "-").join(words)
    return name, {}


DRAWS: dict[str, Draw] = {
    "RandomBytes": _bytes,
    "RandomId": _id,
    "RandomInteger": _integer,
    "RandomPassword": _password,
    "RandomPet": _pet,
    "RandomShuffle": _shuffle,
    "RandomString": _string,
    "RandomUuid": _uuid,
    "RandomUuid4": _uuid,
}


class RandomBackend:
    """Draws from the system's generator; with a seed the same name draws the same value."""

    package = "random"
    version = "4.21.4"

    def __init__(self, *, seed: str | None = None) -> None:
        self._seed = seed

    def configured(self, args: JsonObject) -> "RandomBackend":
        """The same backend: the package has no configuration."""
        del args
        return self

    def check(
        self, token: str, name: str, olds: JsonObject, news: JsonObject, seed: bytes
    ) -> tuple[JsonObject, list[tuple[str, str]]]:
        """The inputs as given; a refusal for each one that the type does not have or lacks."""
        del name, olds, seed
        declared = describe(token, "pulumi_random")
        inputs = {k: v for k, v in news.items() if v is not None}
        failures = [
            (key, f"{token} has no input {key!r}; it has {', '.join(sorted(declared.inputs))}")
            for key in inputs
            if declared.inputs and key not in declared.inputs
        ]
        failures += [
            (key, f"Missing required argument. The argument {key!r} of {token} is required")
            for key in sorted(declared.required - inputs.keys())
        ]
        return inputs, failures

    def replaces(self, token: str, olds: JsonObject, news: JsonObject) -> set[str]:
        """Every change draws anew."""
        del token
        return {k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k)}

    def preview(self, token: str, olds: JsonObject | None, news: JsonObject) -> JsonObject:
        """Only the inputs are known before the draw."""
        del token
        return {**(olds or {}), **news}

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        """Draw. Raises `LookupError` for a type that is not drawn here."""
        del timeout
        kind = token.rsplit(":", 1)[-1]
        draw = DRAWS.get(kind)
        if draw is None:
            raise LookupError(f"the random package has no {kind}; one of {', '.join(DRAWS)}")
        id_, drawn = draw(self._source(token, name, inputs), inputs)
        return id_, {**inputs, **drawn}

    def _source(self, token: str, name: str, inputs: JsonObject) -> random.Random:
        if self._seed is None:
            return secrets.SystemRandom()
        keepers = sorted(as_object(inputs.get("keepers")).items())
        # A seeded draw is for graph tests, where a run must repeat.
        return random.Random(f"{self._seed}/{token}/{name}/{keepers}")  # noqa: S311

    def read(self, token: str, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        """The state is the only place of a drawn value. Raises `NotFoundError` at import."""
        if not inputs:
            raise NotFoundError(f"{token} {id_} lives in the stack's state only")
        return inputs, inputs

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        """Never asked for: every change replaces."""
        del token, id_, timeout
        return {**olds, **news}

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        """Nothing is kept outside the state."""
        del token, id_, inputs, timeout

    def invoke(self, token: str, args: JsonObject) -> JsonObject:
        """Raise `LookupError`: the package has no functions."""
        del args
        raise LookupError(f"the random package has no function {token}")
