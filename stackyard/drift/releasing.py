"""Weights that a release moves before the state knows of them: no drift while it is under way."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from release.plan import Ledger
from stackyard.drift.findings import SetApart
from stackyard.ops.refresh import Compared
from stackyard.report.change import name_of
from stackyard.report.shapes import items, mapping

RULE = "aws:lb/listenerRule:ListenerRule"
_ACTIONS = "actions"
_WEIGHTS = re.compile(r"actions\[\d+\]\.forward\.targetGroups\b")
_WEIGHT = re.compile(r'"weight": \d+')


def released(compared: Compared, ledger: Callable[[], Ledger]) -> SetApart | None:
    """Why a rule's other weights are no drift; none where they are, or it is about something else.

    The ledger is asked for a rule alone whose weights have moved: it says whether a release has
    begun that has not ended. Weights that somebody moves by hand meanwhile are not told from it.
    """
    before, now = _weights(compared.old), _weights(compared.new)
    if compared.type != RULE or not _moves_weights(compared) or before.keys() != now.keys():
        return None
    said = ledger()
    if said.underway is None or said.route is None:
        return None
    slots = {arn: slot for slot, arn in said.route.groups.items()}
    if not now.keys() <= slots.keys():
        return None
    weights = ", ".join(f"{slots[arn]} {weight}" for arn, weight in now.items())
    return SetApart(
        urn=compared.urn,
        name=name_of(compared.urn),
        because=f"a release to {said.underway.slot} has been under way since"
        f" {said.underway.since}: weights {weights}",
    )


def _moves_weights(compared: Compared) -> bool:
    """Whether weights are all that differs; a provider may say no more than `actions`."""
    weights = [path for path in compared.paths if _WEIGHTS.match(path)]
    if len(weights) < len(compared.paths):
        old, new = (_without_weights(side) for side in (compared.old, compared.new))
        return compared.paths == (_ACTIONS,) and old == new
    return bool(weights)


def _without_weights(state: Mapping[str, Any]) -> str:
    actions = mapping(state.get("inputs")).get(_ACTIONS)
    return _WEIGHT.sub("", json.dumps(actions, sort_keys=True))


def _weights(state: Mapping[str, Any]) -> dict[str, Any]:
    """Of all target groups in a rule's actions, by ARN, in their order."""
    found: dict[str, Any] = {}
    for action in items(mapping(state.get("inputs")).get("actions")):
        forward = mapping(mapping(action).get("forward"))
        for group in map(mapping, items(forward.get("targetGroups"))):
            found[str(group.get("arn"))] = group.get("weight")
    return found
