"""docs/limits.md says of the schemas what is so."""

from stackyard.graph.recorder import Graph
from tests.fidelity.coverage import Coverage, coverage
from tests.fidelity.limits_page import PAGE, renewed, section


def test_the_page_is_current(graphs: dict[str, Graph], changed_graphs: list[Graph]) -> None:
    found = coverage([*graphs.values(), *changed_graphs])

    page = PAGE.read_text(encoding="utf-8")

    assert page == renewed(page, found), "run `make fidelity`"


def test_properties_of_a_reason_stand_in_one_row() -> None:
    found = Coverage(
        types={"s3.Bucket": "", "s3.Object": "no such type"},
        properties={
            ("s3.Bucket", "bucket"): "",
            ("s3.Bucket", "forceDestroy"): "a deletion",
            ("s3.Bucket", "skipDestroy"): "a deletion",
            ("s3.Object", "key"): "no such type",
        },
    )

    assert section(found).splitlines()[-4:-1] == [
        "|---|---|---|",
        "| `s3.Object` | all | No such type |",
        "| `s3.Bucket` | `forceDestroy`, `skipDestroy` | A deletion |",
    ]
