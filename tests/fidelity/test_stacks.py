"""What the stacks ask for is what AWS takes, as far as its schemas say."""

import pytest

from stackyard.graph.recorder import Graph
from tests.fidelity.check import check
from tests.fidelity.coverage import coverage
from tests.fidelity.exceptions import EXCEPTIONS
from tests.fidelity.graphs import BOOTSTRAP, combined
from tests.graph.setting_changes import OTHER, changed
from tests.graph.stacks import STACKS, graph_anew, stack_config


@pytest.mark.parametrize("stack", [*STACKS, BOOTSTRAP])
def test_nothing_is_wrong_with_a_stack(stack: str, graphs: dict[str, Graph]) -> None:
    assert [str(finding) for finding in check(graphs[stack])] == []


def test_nothing_is_wrong_where_the_settings_are_others(changed_graphs: list[Graph]) -> None:
    assert [str(finding) for graph in changed_graphs for finding in check(graph)] == []


def test_every_setting_has_its_other_value_in_one_of_the_graphs() -> None:
    reached = {
        path
        for config in combined()
        for path in OTHER
        if config.get(f"stackyard:{path.split('.')[0]}", {}).get(path.split(".")[1]) == OTHER[path]
    }

    assert reached == set(OTHER)


@pytest.mark.full
@pytest.mark.parametrize("path", sorted(OTHER))
def test_nothing_is_wrong_where_one_setting_is_another(path: str) -> None:
    graph = graph_anew("prod", config=changed(stack_config("prod"), path))

    assert [str(finding) for finding in check(graph)] == []


def test_nine_of_ten_properties_are_checked(
    graphs: dict[str, Graph], changed_graphs: list[Graph]
) -> None:
    found = coverage([*graphs.values(), *changed_graphs])
    print(f"{found.properties_percent:.1f} % of properties")  # noqa: T201  # for -rP
    print(f"{found.types_percent:.1f} % of types")  # noqa: T201  # for -rP

    assert found.properties_percent >= 90
    assert found.types_percent >= 90


def test_coverage_counts_what_no_schema_speaks_of(prod: Graph) -> None:
    found = coverage([prod])

    assert found.types["s3.BucketObjectv2"] == "CloudFormation has no objects of a bucket"
    assert found.properties["rds.Cluster", "skipFinalSnapshot"] != ""
    assert found.properties["rds.Cluster", "engineVersion"] == ""
    assert found.properties["TargetGroupBinding", "spec.targetGroupARN"] == ""


def test_no_exception_is_made_for_an_unknown_type() -> None:
    assert [name for name in EXCEPTIONS if "." not in name or name.startswith("aws:")] == []
