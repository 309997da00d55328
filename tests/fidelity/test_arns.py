"""ARNs: those that are echoed are of AWS's forms, and patterns meet the forms they should."""

import hypothesis
from hypothesis import strategies as st

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import is_custom
from tests.fidelity import iam
from tests.fidelity.arn_patterns import overlap

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
SCALING_POLICY = "arn:aws:autoscaling:${Region}:${Account}:scalingPolicy:${Id}:resource/${Name}"
"""Application Auto Scaling API reference, "ScalingPolicy": no action names one by its ARN."""
FORM = "arn:aws:rds:${Region}:${Account}:cluster:${DbClusterInstanceName}"


def test_every_echoed_arn_has_a_form_of_aws(
    graphs: dict[str, Graph], changed_graphs: list[Graph]
) -> None:
    forms = [
        SCALING_POLICY,
        *(
            resource["arn"].replace("${Partition}", "aws")
            for service in iam.table().values()
            for resource in service["resources"].values()
        ),
    ]
    arns = {
        reg.outputs["arn"]
        for graph in [*graphs.values(), *changed_graphs]
        for reg in graph.values()
        if is_custom(reg) and reg.type.startswith("aws:") and reg.outputs.get("arn")
    }
    kinds = {arn.split(":")[2] for arn in arns}
    known = [form for form in forms if form.split(":")[2] in kinds]

    assert [arn for arn in sorted(arns) if not any(overlap(arn, form) for form in known)] == []


@hypothesis.given(NAMES, NAMES)
def test_an_arn_fits_its_own_form_and_no_other(region: str, name: str) -> None:
    arn = f"arn:aws:rds:{region}:123456789012:cluster:{name}"

    assert overlap(arn, FORM)
    assert not overlap(arn, FORM.replace(":cluster:", ":db:"))


@hypothesis.given(NAMES, st.integers(0, 12))
def test_a_pattern_of_a_name_fits_what_the_name_fits(name: str, kept: int) -> None:
    assert overlap(f"arn:aws:rds:*:*:cluster:{name[:kept]}*", FORM)
    assert overlap(f"arn:aws:rds:*:*:cluster:{name}", FORM)


@hypothesis.given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=6))
def test_overlap_knows_no_order(one: str, other: str) -> None:
    assert overlap(one, other) == overlap(other, one)


def test_a_bucket_ends_at_the_slash() -> None:
    bucket, object_ = "arn:aws:s3:::${BucketName}", "arn:aws:s3:::${BucketName}/${ObjectName}"

    assert overlap("arn:aws:s3:::site", bucket)
    assert not overlap("arn:aws:s3:::site/*", bucket)
    assert overlap("arn:aws:s3:::site/assets/*", object_)
    assert not overlap("arn:aws:s3:::site", object_)
