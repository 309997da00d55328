"""Images: the repository they are pushed to, and the tags by which the registry keeps them."""

import re

from stacks.review import FILE, stack_file_name

REPOSITORY = "stackyard/api"
"""One an account and region, made by bootstrap/; stacks share it, since digests do not clash."""
RELEASE_TAG, REVIEW_TAG = "release-", "review-"
"""How tags begin of what a stack may run for years, and of what only review stacks run."""
BY_DIGEST = re.compile(r"(?P<repository>[a-z0-9][\w./:-]*)@(?P<digest>sha256:[0-9a-f]{64})")


def tag_of(stack: str, digest: str) -> str:
    """The tag that keeps an image for a stack.

    It holds the whole digest: a tag of an immutable repository can only ever mean this image, and
    a second push finds it in its place.
    """
    begins = REVIEW_TAG if stack_file_name(stack) == FILE else RELEASE_TAG
    return f"{begins}{digest.removeprefix('sha256:')}"
