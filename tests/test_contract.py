"""A stack's outputs against their contract: rows, nulls, what is missing or beside it, a README."""

from typing import Any

import pytest

from stackyard.contract import VALUE_COLUMNS, complete, placeholders, rendered, rows, table

ARN = f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{'x' * VALUE_COLUMNS}"


def outputs(**more: Any) -> dict[str, Any]:
    """As far as the tests need it."""
    return {
        "siteUrl": "https://example.com",
        "database": {"port": 3306, "deletionProtected": True, "masterSecretArn": ARN},
        "cluster": {"addons": {"coredns": "v1", "vpc-cni": "v2"}, "adminRoleArns": []},
        "network": {"zones": ["a", "b"], "subnetIds": {"app": ["subnet-1"]}},
        "readme": "# A stack",
        **more,
    }


def line_of(name: str, **more: Any) -> str:
    (line,) = [each for each in table(rows(outputs(**more))).splitlines() if f"{name} " in each]
    return line


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("siteUrl", "https://example.com", "The site, as users see it."),
        ("database.port", "3306", "TCP port of all of them."),
        ("database.deletionProtected", "true", "Whether AWS refuses to delete the cluster."),
        ("database.proxyWriterEndpoint", "none", "The proxy's host for writes; null without a"),
        ("cluster.addons", "coredns=v1, vpc-cni=v2", "Add-on name to its version."),
        ("cluster.adminRoleArns", "none", "IAM roles that administer the cluster, sorted."),
        ("network.zones", "a, b", "Availability zones, in the order of the subnets."),
        ("network.subnetIds.app", "subnet-1", "Nodes, pods and the load balancer."),
        ("apiUrl", "missing", "The API through the CDN: its list of posts."),
    ],
)
def test_a_line_has_name_value_and_meaning(name: str, value: str, meaning: str) -> None:
    line = line_of(name)

    assert line.split()[0] == name
    assert line[len(name) :].strip().startswith(f"{value} ")
    assert meaning in line


def test_values_and_meanings_are_aligned() -> None:
    lines = table(rows(outputs())).splitlines()

    assert len({line.index("https") for line in lines if "https" in line}) == 1
    (site,) = [line.index("The site,") for line in lines if "siteUrl" in line]
    (below,) = [line.index("Secret of the master") for line in lines if "master user" in line]
    assert site == below


def test_a_long_value_has_its_meaning_on_the_next_line() -> None:
    lines = table(rows(outputs())).splitlines()
    at = next(number for number, line in enumerate(lines) if ARN in line)

    assert lines[at].endswith(ARN)
    assert (
        lines[at + 1].strip()
        == "Secret of the master user, which AWS rotates; read by the migration alone."
    )


def test_the_readme_is_no_line() -> None:
    assert not [row for row in rows(outputs()) if row.name == "readme"]


def test_what_the_contract_does_not_know_comes_after_it() -> None:
    found = rows(outputs(extra="[secret]", cdn={"new": 1}))

    assert [(row.name, row.value) for row in found if not row.meaning] == [
        ("cdn.new", 1),
        ("extra", "[secret]"),
    ]
    assert found[-1].name == "extra"


def test_only_what_may_not_be_null_is_missing() -> None:
    missing = {row.name for row in rows(outputs()) if row.is_missing}

    assert "apiUrl" in missing
    assert "database.proxyReaderEndpoint" not in missing


def test_machines_get_null_where_the_engine_leaves_a_key_out() -> None:
    whole = complete(outputs())

    assert whole["database"]["proxyWriterEndpoint"] is None
    assert whole["cluster"]["supportEnds"] is None
    assert "apiUrl" not in whole


def test_a_terminal_gets_no_control_characters() -> None:
    text = table(rows(outputs(evil="a\x1b[31m\u202eb\nc")))

    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("${outputs.siteUrl}/x", "https://example.com/x"),
        ("${outputs.database.port}", "3306"),
        ("${outputs.network.zones[1]}", "b"),
        ("${outputs.network.zones[9]}", "none"),
        ('${outputs.cluster.addons["vpc-cni"]}', "v2"),
        ("${outputs.network.zones}", "a, b"),
        ("${outputs.database.proxyWriterEndpoint}", "none"),
        ("${HOME} $(id)", "${HOME} $(id)"),
    ],
)
def test_a_readme_has_the_values_in_the_places_of_their_names(template: str, text: str) -> None:
    assert rendered(template, outputs()) == text


def test_a_value_is_no_template() -> None:
    assert rendered("${outputs.siteUrl}", outputs(siteUrl="${outputs.readme}")) == (
        "${outputs.readme}"
    )


def test_the_outputs_that_a_readme_names_are_found() -> None:
    assert placeholders("a ${outputs.b.c} ${outputs.d} ${e}") == ["b.c", "d"]
