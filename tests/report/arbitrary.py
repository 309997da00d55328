"""Arbitrary graphs and changes, for what must hold of every picture, price and duration."""

from hypothesis import strategies as st

from stackyard.report.graph import Graph, Node
from tests.report.stacks import ROOT

TYPES = sorted(
    {
        line.strip().split('"')[1]
        for table in (ROOT / "stackyard/local/aws").glob("table_*.py")
        for line in table.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith('"aws:')
    }
    | {
        "kubernetes:apps/v1:Deployment",
        "kubernetes:batch/v1:Job",
        "kubernetes:core/v1:Service",
        "random:index/randomPassword:RandomPassword",
        "nobody:knows/this:Type",
    }
)
"""What the embedded cloud knows, and more."""
NAMES = st.sampled_from(["api-blue", "api-green", "site", "x"]) | st.text(max_size=40)
INPUTS = st.dictionaries(
    st.sampled_from(["promotionTier", "instanceTypes", "rules", "aliases", "spec", "version"]),
    st.none() | st.integers(0, 9) | st.text(max_size=60) | st.lists(st.text(max_size=9)),
    max_size=3,
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
