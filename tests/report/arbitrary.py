"""Arbitrary graphs and changes, for what must hold of every picture, price and duration."""

from hypothesis import strategies as st

from stackyard.ops.stateful import STATEFUL
from stackyard.report.cost_items import ITEMS
from stackyard.report.graph import Graph, Node

TYPES = sorted(
    {
        *ITEMS,
        *STATEFUL,
        "aws:acm/certificate:Certificate",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:iam/role:Role",
        "aws:lambda/function:Function",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:batch/v1:Job",
        "kubernetes:core/v1:Service",
        "nobody:knows/this:Type",
    }
)
"""All that is priced or holds data, and something for every other box."""
NAMES = st.sampled_from(["api-blue", "api-green", "site", "x"]) | st.text(max_size=40)
ODD = st.none() | st.integers(0, 9) | st.text(max_size=60) | st.lists(st.text(max_size=9))
INPUTS = st.fixed_dictionaries(
    {},
    optional={
        "aliases": ODD,
        "engine": st.sampled_from(["valkey", "redis"]),
        "instanceClass": st.sampled_from(["db.r8g.large", "db.serverless"]) | ODD,
        "instanceTypes": st.lists(st.sampled_from(["m8g.large", "t4g.medium"])) | ODD,
        "nodeType": st.sampled_from(["cache.r7g.large", "cache.t4g.micro"]),
        "numCacheClusters": st.integers(1, 6) | ODD,
        "promotionTier": ODD,
        "rules": ODD,
        "scalingConfig": st.just({"minSize": 2, "maxSize": 5}) | ODD,
        "spec": ODD,
        "version": ODD,
        "vpcEndpointType": st.sampled_from(["Interface", "Gateway"]),
    },
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to a dozen resources, each waiting for some before it."""
    found: dict[str, Node] = {}
    for place in range(draw(st.integers(0, 12))):
        needs = draw(st.sets(st.sampled_from(sorted(found)), max_size=3)) if found else set[str]()
        urn = f"urn:{place}"
        found[urn] = Node(
            urn=urn,
            type=draw(st.sampled_from(TYPES)),
            name=draw(NAMES),
            inputs=draw(INPUTS),
            dependencies=frozenset(needs),
        )
    return found


@st.composite
def changes(draw: st.DrawFn) -> tuple[Graph, Graph, frozenset[str]]:
    """A graph, what becomes of it, and what of that is replaced."""
    every = draw(graphs())
    urns = sorted(every)
    fates = [draw(st.sampled_from(["same", "make", "end", "change", "replace"])) for _ in urns]
    before = {u: every[u] for u, fate in zip(urns, fates, strict=True) if fate != "make"}
    after = {
        u: Node(**{**vars(every[u]), "inputs": {**every[u].inputs, "changed": fate}})
        if fate in {"change", "replace"}
        else every[u]
        for u, fate in zip(urns, fates, strict=True)
        if fate != "end"
    }
    replaced = (u for u, fate in zip(urns, fates, strict=True) if fate == "replace")
    return before, after, frozenset(replaced)
