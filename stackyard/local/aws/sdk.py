"""What pulumi_aws declares: inputs, required inputs and outputs of a class, from its source.

Importing a module of the SDK costs up to 1.5 s, and from a provider's threads, while the program
imports it too, gives half-made modules; reading the source costs a millisecond.
"""

import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
GETTER = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\n(?:    @.*\n)*    def (\w+)\(')
REQUIRED = re.compile(r"^ {17}(\w+): pulumi\.Input\[(?!Optional\[)[^=\n]*?[,)]", re.MULTILINE)
WORD_BREAK = re.compile(r"(?<=[a-z0-9])([A-Z])")
FOLDERS = {"lambda": "lambda_", "index": ""}
"""Module to folder, where the SDK names them apart; index is the package itself."""


@dataclass(frozen=True, kw_only=True)
class Class:
    """One resource class of the SDK, by Pulumi's property names."""

    inputs: frozenset[str]
    required: frozenset[str]
    outputs: frozenset[str]


UNKNOWN_CLASS = Class(inputs=frozenset(), required=frozenset(), outputs=frozenset())


@cache
def describe(token: str, package: str = "pulumi_aws") -> Class:
    """The class of `aws:rds/cluster:Cluster`; an empty one where the SDK has none."""
    _, module, name = token.split(":")
    source = _source(package, module)
    if source is None:
        return UNKNOWN_CLASS
    blocks = CLASS.split(source)[1:]
    bodies = dict(zip(blocks[::2], blocks[1::2], strict=True))
    # An input type of the same name makes the SDK call the class of arguments InitArgs.
    arguments = bodies.get(f"{name}InitArgs") or bodies.get(f"{name}Args", "")
    head = arguments.split('"""', 1)[0]
    camel = {snake: given or snake for given, snake in GETTER.findall(arguments)}
    return Class(
        inputs=frozenset(camel.values()),
        required=frozenset(camel.get(snake, snake) for snake in REQUIRED.findall(head)),
        outputs=frozenset(given or snake for given, snake in GETTER.findall(bodies.get(name, ""))),
    )


def _source(package: str, module: str) -> str | None:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise LookupError(f"package {package} is not installed; run make setup")
    folder, _, file = module.partition("/")
    snake = WORD_BREAK.sub(r"_\1", file).lower()
    path = Path(found.origin).parent / FOLDERS.get(folder, folder) / f"{snake}.py"
    return path.read_text(encoding="utf-8") if path.exists() else None
