"""What ECR expires by a lifecycle policy, as its user guide has the rules; ECR's own is not here.

"Automate the cleanup of images by using lifecycle policies in Amazon ECR", evaluation rules: a rule
marks what it selects; what matches the tags of a rule is out of reach of those after it; an image
that an index names stays while the index does. An age of exactly the days given is not past them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Image:
    """One manifest of a repository."""

    digest: str
    tags: Sequence[str]
    age_days: int
    index: str = ""
    """Digest of the index that names it."""


def expired(policy: str, images: Sequence[Image]) -> list[Image]:
    """What the policy takes away today."""
    rules = sorted(json.loads(policy)["rules"], key=lambda rule: rule["rulePriority"])
    claimed: set[int] = set()
    marked: list[Image] = []
    for rule in rules:
        selection = rule["selection"]
        matching = [one for one in images if _matches(one, selection)]
        free = [one for one in _past(matching, selection) if id(one) not in claimed]
        marked += free
        claimed |= {id(one) for one in matching}
    there = {one.digest for one in images} - {one.digest for one in marked}
    return [one for one in marked if one.index not in there]


def _matches(image: Image, selection: dict[str, Any]) -> bool:
    if selection["tagStatus"] == "untagged":
        return not image.tags
    prefixes = selection["tagPrefixList"]
    return all(any(tag.startswith(prefix) for tag in image.tags) for prefix in prefixes)


def _past(images: Sequence[Image], selection: dict[str, Any]) -> list[Image]:
    number = selection["countNumber"]
    if selection["countType"] == "imageCountMoreThan":
        return sorted(images, key=lambda one: one.age_days)[number:]
    return [one for one in images if one.age_days > number]
