"""Stack files that nobody wrote: mostly right ones, each setting anywhere between its bounds."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from stacks.schema import Schema
from tests.graph.setting_changes import OTHER
from tests.stacks.breaches import breaches
from tests.stacks.examples import PROD
from tests.stacks.paths import ABOUT, field_of

BAD = breaches()
JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.text(), max_size=2)
)
CHANGES = 6
"""Settings at most that a file sets beside those it needs."""


def usual(path: str) -> list[Any]:
    """The setting's default, if it has one, and the other value that tests know."""
    field = field_of(path)
    default = field.get_default(call_default_factory=True)
    known = list(default) if isinstance(default, tuple) else default
    return [OTHER[path]] if field.is_required() else [OTHER[path], known]


def within(about: Schema) -> st.SearchStrategy[Any]:
    """Anything that a part of the schema allows, as far as it can be drawn."""
    if "anyOf" in about:
        return st.one_of([within(kind) for kind in about["anyOf"]])
    if "enum" in about:
        return st.sampled_from(about["enum"])
    return DRAWN.get(about["type"], lambda _: st.nothing())(about)


def _numbers(about: Schema) -> st.SearchStrategy[float]:
    step = about.get("multipleOf", 0.25)
    low = about.get("minimum", about.get("exclusiveMinimum", 0) + step)
    return st.integers(round(low / step), round(about["maximum"] / step)).map(lambda n: n * step)


def _lists(about: Schema) -> st.SearchStrategy[list[Any]]:
    if "enum" not in about["items"]:
        return st.nothing()
    entries = st.sampled_from(about["items"]["enum"])
    most = about.get("maxItems", len(about["items"]["enum"]))
    return st.lists(entries, min_size=about.get("minItems", 0), max_size=most, unique=True)


def _strings(about: Schema) -> st.SearchStrategy[str]:
    return st.from_regex(about["pattern"], fullmatch=True) if "pattern" in about else st.nothing()


DRAWN: dict[str, Callable[[Schema], st.SearchStrategy[Any]]] = {
    "array": _lists,
    "boolean": lambda _: st.booleans(),
    "integer": lambda about: st.integers(about.get("minimum"), about.get("maximum")),
    "null": lambda _: st.none(),
    "number": _numbers,
    "string": _strings,
}
"""By JSON Schema's type."""
OFFERED = frozenset(
    {"cache.nodeType", "database.engineVersion", "database.instanceClass", "env.region"}
)
"""Names of AWS's own: one of the right form may be of nothing that AWS offers, so none is drawn."""
GOOD = {
    path: st.sampled_from(usual(path)) | (st.nothing() if path in OFFERED else within(about))
    for path, about in ABOUT.items()
}


@st.composite
def stack_files(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """The sections of a file: one in four has a value that is refused."""
    sections = deepcopy(PROD)
    for path in draw(st.lists(st.sampled_from(sorted(GOOD)), max_size=CHANGES, unique=True)):
        _set(sections, path, draw(GOOD[path]))
    if sections["env"]["region"] != PROD["env"]["region"]:
        # The others have fewer letters, and which they have is AWS's answer (docs/limits.md).
        _set(sections, "network.zones", ["a", "b"])
    if draw(st.integers(0, 3)) == 3:
        breach = draw(st.sampled_from(BAD))
        _set(sections, breach.path, draw(st.just(breach.given) | JUNK))
    return sections


def _set(sections: dict[str, dict[str, Any]], path: str, value: Any) -> None:
    section, key = path.split(".")
    sections.setdefault(section, {})[key] = value
