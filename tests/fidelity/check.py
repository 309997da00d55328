"""The whole check of a graph: schemas, offers, IAM, custom resources, references."""

from collections.abc import Iterator

from stackyard.graph.arns import REGION
from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg, is_custom
from stackyard.local.aws.cloudformation import short
from tests.fidelity import crds, iam, offers, schema
from tests.fidelity.finding import Finding, named
from tests.fidelity.mapping import UNCHECKED, target
from tests.fidelity.references import References
from tests.fidelity.translate import document_of


def check(graph: Graph) -> list[Finding]:
    """Everything wrong with a graph whose answers were echoed."""
    references = References(graph)
    return sorted({found for reg in graph.values() for found in problems(reg, references)})


def problems(reg: Reg, references: References) -> Iterator[Finding]:
    """Everything wrong with one resource."""
    if is_custom(reg):
        yield from references.problems(reg)
        yield from _aws(reg, references) if reg.type.startswith("aws:") else ()
        yield from crds.problems(reg)


def _aws(reg: Reg, references: References) -> Iterator[Finding]:
    yield from iam.problems(reg)
    place = target(reg.type)
    if place is None:
        if short(reg.type) not in UNCHECKED:
            says = "no CloudFormation type: name it in tests/fidelity/mapping.py"
            yield Finding(resource=named(reg), place="type", says=says)
        return
    document = document_of(reg, place)
    for path in document.unknown:
        says = f"{place.type} has no such property"
        yield Finding(resource=named(reg), place=path, says=says)
    region = region_of(references.graph, reg)

    def kinds(text: str) -> set[str]:
        return references.kinds(reg, text)

    faults = [
        *schema.faults(document.body, place, region, kinds),
        *offers.faults(document.body, place.type, region, kinds),
    ]
    for path, says in faults:
        yield Finding(resource=named(reg), place=path, says=says)


def region_of(graph: Graph, reg: Reg) -> str:
    """The region that a resource is made in: its own word, or its provider's."""
    provider = graph.get(reg.provider)
    return reg.inputs.get("region") or (provider.inputs.get("region") if provider else "") or REGION
