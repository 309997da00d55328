"""docs/settings.md: every setting with its type, unit, bounds, defaults, cost and consequences."""

from collections.abc import Callable, Iterator
from itertools import groupby

from pydantic_core import to_jsonable_python

from stacks.schema import Schema, settings_of_schema, settings_schema, written
from stacks.sentences import section_types
from stacks.sizes import SIZES
from tests.documents.prices import COSTS, PRICED
from tests.graph.setting_changes import LOSSES
from tests.stacks.paths import field_of

HEAD = f"""\
# Settings

What `Pulumi.<stack>.yaml` may say: a mapping for each section, under `stackyard:<section>`. What a
file leaves out is as `env.size` has it: local, small (staging) or large (production). A wrong file
is one line for each mistake, before anything is touched. Editors that know `$schema` complete and
mark the file by [its JSON Schema](../stacks/settings.schema.json). What a change replaces was asked
of the engine, property by property: [replacements](replacements.md). Written by `make docs` from
the models in `stacks/`; never by hand.

{PRICED}
"""
SUFFIXES = {
    "Days": "days",
    "Seconds": "seconds",
    "Minutes": "minutes",
    "Hours": "hours",
    "Percent": "percent",
    "Ms": "milliseconds",
    "Mib": "MiB",
    "Gib": "GiB",
    "Usd": "USD",
}
"""Units that stand in a setting's name."""
UNITS = {
    "app.port": "",
    "app.cpuRequest": "CPU",
    "app.cpuLimit": "CPU",
    "app.memoryRequest": "MiB, GiB",
    "app.memoryLimit": "MiB, GiB",
    "database.acuMin": "ACU (2 GiB)",
    "database.acuMax": "ACU (2 GiB)",
    "edge.rateLimitPerIp": "requests in 5 minutes",
}
"""Units that do not; other whole numbers count what the setting names."""


def page() -> str:
    """The whole of docs/settings.md."""
    lines = [HEAD]
    found = list(settings_of_schema(settings_schema()))
    for section, settings in groupby(found, key=lambda each: each[0].partition(".")[0]):
        lines += _section(section, dict(settings))
    return "\n".join(lines)


def _section(name: str, settings: dict[str, Schema]) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{(section_types()[name].__doc__ or '').strip()}\n"
    yield "| setting | takes | unit | " + " | ".join(SIZES) + " | what it is |"
    yield "|---|---|---|" + "---|" * len(SIZES) + "---|"
    for path, about in settings.items():
        sizes = defaults(path)
        cells = (f"`{path}`", takes(about), unit(path, about), *sizes, _described(about))
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield from _list("What it costs:", {p: COSTS[p] for p in settings if p in COSTS})
    yield from _list("What a change replaces or deletes:", _losses(settings))


def _list(title: str, lines: dict[str, str]) -> Iterator[str]:
    if lines:
        yield f"{title}\n"
        yield from (f"- `{path}`: {says}" for path, says in lines.items())
        yield ""


def _losses(settings: dict[str, Schema]) -> dict[str, str]:
    """As docs/replacements.md has it, which the engine was asked for."""
    found: dict[str, str] = {}
    for path in settings.keys() & LOSSES.keys():
        replaced, deleted = LOSSES[path]
        kinds = (("replaces", replaced), ("deletes", deleted))
        said = [f"{verb} {', '.join(names)}" for verb, names in kinds if names]
        found[path] = f"{' and '.join(said)}; refused before anything is touched"
    return dict(sorted(found.items()))


def defaults(path: str) -> list[str]:
    """By size; a dash where the file has to say it."""
    section, key = path.split(".")
    field = field_of(path)
    if field.is_required():
        return ["-"] * len(SIZES)
    own = to_jsonable_python(field.get_default(call_default_factory=True))
    return [written(profile.get(section, {}).get(key, own)) for profile in SIZES.values()]


def takes(about: Schema) -> str:
    """Type and bounds in words."""
    if "anyOf" in about:
        kinds = [takes(each) for each in about["anyOf"] if each.get("type") != "null"]
        return " or ".join(kinds)
    if "enum" in about:
        return ", ".join(f"`{written(value)}`" for value in about["enum"])
    return _TAKES[about["type"]](about)


def _number(about: Schema) -> str:
    kind = "whole number" if about["type"] == "integer" else "number"
    low, high = about.get("minimum"), about.get("maximum")
    if "exclusiveMinimum" in about:
        kind = f"{kind} above {about['exclusiveMinimum']}"
    if "multipleOf" in about:
        kind = f"{kind} in steps of {about['multipleOf']}"
    if low is not None and high is not None:
        return f"{kind}, {low:g} to {high:,}"
    bounds = [
        f"{word} {bound:g}" for word, bound in (("at least", low), ("at most", high)) if bound
    ]
    return ", ".join([kind, *bounds])


def _string(about: Schema) -> str:
    if "pattern" in about:
        return f"string, `{about['pattern']}`".replace("|", "\\|")
    if "minLength" in about:
        return f"string, {about['minLength']} characters or more"
    return "string"


def _list_of(about: Schema) -> str:
    low, high = about.get("minItems"), about.get("maxItems")
    many = {
        (True, True): f", {low} to {high}",
        (True, False): f", {low} or more",
        (False, True): f", at most {high}",
    }.get((low is not None, high is not None), "")
    return f"list{many}: {takes({'type': 'string', **about.get('items', {})})}"


_TAKES: dict[str, Callable[[Schema], str]] = {
    "array": _list_of,
    "boolean": lambda _: "`true`, `false`",
    "integer": _number,
    "number": _number,
    "object": lambda about: f"mapping: {takes(about['additionalProperties'])}",
    "string": _string,
}
"""By JSON Schema's type."""


def unit(path: str, about: Schema) -> str:
    """From the table, from the name, or what is counted."""
    kinds = {about.get("type"), *(each.get("type") for each in about.get("anyOf", ()))}
    counted = "count" if "integer" in kinds and "enum" not in about else ""
    by_name = next((says for end, says in SUFFIXES.items() if path.endswith(end)), counted)
    return UNITS.get(path, by_name)


def _described(about: Schema) -> str:
    # The columns of the sizes say it better than the schema's sentence.
    text = about.get("description", "").partition(" By default: ")[0]
    return text.replace("|", "\\|")
