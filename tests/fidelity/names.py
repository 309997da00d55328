"""The rule by which a Pulumi property finds its CloudFormation one.

Case and separators do not count; a list may be plural on one side only; a name may carry what it
belongs to (`originId` of an origin is `Id`, `nodeType` of a cache `CacheNodeType`).
"""

from collections.abc import Collection, Iterable, Iterator

from stackyard.local.aws.names import norm

PREFIXES = {"RDS": "db", "ElastiCache": "cache", "EC2": "group"}
"""What a service puts before names that Pulumi leaves bare."""
OF_ITSELF = ("name", "description", "family")
"""Names that CloudFormation puts the type before: `GroupName`, `DBSubnetGroupDescription`."""


def camel(name: str) -> str:
    """A CloudFormation name as Pulumi writes it: `DBSubnetGroupName` is `dbSubnetGroupName`."""
    head = 0
    while head < len(name) and name[head].isupper():
        head += 1
    # The last capital of a run begins the next word, if a word follows.
    if 1 < head < len(name) and name[head].islower():
        head -= 1
    return name[: max(head, 1)].lower() + name[max(head, 1) :]


def plural(name: str) -> str:
    """`policy` to `policies`, `rule` to `rules`."""
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def singular(name: str) -> str:
    """`policies` to `policy`, `rules` to `rule`; anything else stays."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def match(
    name: str,
    known: Iterable[str],
    *,
    lists: Collection[str] = (),
    service: str = "",
    owner: str = "",
) -> str | None:
    """The known CloudFormation property that a Pulumi one means; None if no one does.

    `lists` are those that may be called by the other number: `rule` by Pulumi, `Rules` here.
    """
    by_norm = {norm(one): one for one in known}
    low = norm(name)
    for candidate in _candidates(low, PREFIXES.get(service, ""), singular(norm(owner))):
        if candidate in by_norm:
            return by_norm[candidate]
    for candidate in (singular(low), plural(low)):
        if by_norm.get(candidate) in lists:
            return by_norm[candidate]
    return _of_itself(low, by_norm, norm(owner))


def _candidates(name: str, prefix: str, owner: str) -> Iterator[str]:
    yield name
    if prefix:
        yield f"{prefix}{name}"
    if owner:
        yield f"{owner}{name}"
        if name.startswith(owner) and name != owner:
            yield name.removeprefix(owner)


def _of_itself(name: str, by_norm: dict[str, str], owner: str) -> str | None:
    if name not in OF_ITSELF or not owner:
        return None
    for low, one in by_norm.items():
        head = low.removesuffix(name)
        if head and head != low and (owner.endswith(head) or head.endswith(owner)):
            return one
    return None
