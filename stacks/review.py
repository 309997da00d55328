"""Review stacks: one a pull request, `pr-<number>`, all of one stack file, gone after a while."""

import re

FILE = "Pulumi.pr.yaml"
"""The one stack file of all of them."""
LONGEST_HOURS = 720
"""The longest that `env.ttlHours` may be: 30 days."""
_NAME = re.compile(r"pr-[1-9]\d*")


def review_stack(number: int) -> str:
    """The name of a pull request's stack."""
    return f"pr-{number}"


def is_review(stack: str) -> bool:
    """Whether a stack is one of them."""
    return bool(_NAME.fullmatch(stack))


def stack_file_name(stack: str) -> str:
    """The file in the repository that says what a stack is."""
    return FILE if is_review(stack) else f"Pulumi.{stack}.yaml"


def stack_of(file: str) -> str:
    """What a file is called after: its stack, or `pr` where it is that of all review stacks."""
    return file.removeprefix("Pulumi.").removesuffix(".yaml")
