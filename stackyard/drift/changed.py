"""A comparison of state and cloud as drift: which properties, and what of them may be shown."""

import json
import re
from collections.abc import Iterator
from typing import Any

from stackyard.drift.findings import Drift, Kind, Property
from stackyard.ops.refresh import Compared
from stackyard.report.change import SECRET, holds_secret, masked, name_of
from stackyard.report.shapes import along, mapping
from stackyard.report.values import is_sensitive

SHOWN_CHARACTERS = 100
"""A longer value, a policy or a script, is said to have changed."""
_ALL_SECRET = ("kubernetes:core/v1:Secret", "aws:secretsmanager/secretVersion:SecretVersion")
"""Types whose values are never shown, whatever their names and marks say."""
_INHERITED = "tagsAll"
"""Own tags and the provider's default ones: what changed among a resource's own stands twice."""
_OWN_TAG = re.compile(r"tags(?![A-Za-z])")
_DELETE = "delete"


def drift_of(compared: Compared) -> Drift:
    """What became of one resource."""
    gone = compared.operation == _DELETE
    return Drift(
        kind=Kind.GONE if gone else Kind.CHANGED,
        urn=compared.urn,
        type=compared.type,
        name=name_of(compared.urn),
        properties=() if gone else tuple(_properties(compared)),
    )


def _properties(compared: Compared) -> Iterator[Property]:
    before, now = (
        [masked(mapping(side.get(key))) for key in ("inputs", "outputs")]
        for side in (compared.old, compared.new)
    )
    own = {path.removeprefix("tags") for path in compared.paths if _OWN_TAG.match(path)}
    for path in compared.paths:
        if path.startswith(_INHERITED) and path.removeprefix(_INHERITED) in own:
            continue
        yield _property(path, before, now, hidden=compared.type in _ALL_SECRET)


def _property(path: str, before: list[Any], now: list[Any], *, hidden: bool) -> Property:
    """Inputs say what was asked for; where they are equal, the cloud's answer tells the new value.

    A provider may answer in plain what the state holds as a secret: one mark hides both sides.
    """
    olds, news = ([_at(each, path) for each in side] for side in (before, now))
    old = olds[0] if olds[0] is not None else olds[1]
    new = news[0] if news[0] != old else news[1]
    # `endpointPrivateAccess` is a switch that a reader has to see.
    named_so = is_sensitive(path) and not (isinstance(old, bool) and isinstance(new, bool))
    if hidden or named_so or any(map(holds_secret, [*olds, *news])):
        return Property(path=path)
    shown = _shown(old), _shown(new)
    if None in shown or old == new:
        return Property(path=path)
    return Property(path=path, old=shown[0], new=shown[1])


def _at(properties: Any, path: str) -> Any:
    """The value at a path; the mark of a secret where one holds it."""
    *before, found = along(properties, path)
    return SECRET if SECRET in before else found


def _shown(value: Any) -> str | None:
    """As text; none where it is too long to be read in a line."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else None
