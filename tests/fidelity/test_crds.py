"""Custom resources that their definition refuses are found."""

from typing import Any

from stackyard.graph.recorder import Graph
from tests.fidelity.faults import edited, having, only

BINDING = "api-blue"


def found(prod: Graph, **spec: Any) -> tuple[str, str]:
    """Place and words of the one thing that is wrong with a binding of other properties."""
    binding = prod.named("TargetGroupBinding", BINDING)
    finding = only(edited(prod, binding, lambda inputs: inputs["spec"].update(spec)))
    return finding.place, finding.says


def test_a_value_outside_the_enum_is_found(prod: Graph) -> None:
    assert found(prod, targetType="pod") == (
        "spec.targetType",
        "'pod' is not one of ['instance', 'ip']",
    )


def test_an_unknown_property_is_found(prod: Graph) -> None:
    place, says = found(prod, targetGroupArn="arn")

    assert place == "spec"
    assert says.startswith("Additional properties are not allowed ('targetGroupArn'")


def test_a_missing_property_is_found(prod: Graph) -> None:
    assert found(prod, serviceRef={"port": 80}) == (
        "spec.serviceRef",
        "'name' is a required property",
    )


def test_a_schema_that_leaves_the_rest_open_checks_what_it_lists(
    changed_graphs: list[Graph],
) -> None:
    graph, pool = having(changed_graphs, "kubernetes:karpenter.sh/v1:NodePool", "spec")

    finding = only(edited(graph, pool, lambda inputs: inputs["spec"].update(weight=101, other=1)))

    assert (finding.place, finding.says) == (
        "spec.weight",
        "101 is greater than the maximum of 100",
    )


def test_a_custom_resource_without_a_definition_is_found(prod: Graph) -> None:
    binding = prod.named("TargetGroupBinding", BINDING)

    finding = only(edited(prod, binding, lambda inputs: inputs.update(kind="Binding")))

    assert finding.says.startswith("no definition of elbv2.k8s.aws/v1beta1:TargetGroupBinding")
