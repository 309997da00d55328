"""Versions of add-ons and charts: a row for every Kubernetes version, one step up at a time."""

import re
from datetime import date

import pytest

from stacks.addons import ADDON_VERSIONS, CHART_VERSIONS, CHECKED, version_step_problem
from stacks.cluster_settings import SUPPORTED_CLUSTER_VERSIONS


def test_every_supported_cluster_version_has_its_addons() -> None:
    assert set(ADDON_VERSIONS) >= set(SUPPORTED_CLUSTER_VERSIONS)


@pytest.mark.parametrize("version", ADDON_VERSIONS)
def test_every_addon_is_pinned_to_a_build(version: str) -> None:
    for addon in ADDON_VERSIONS[version]:
        assert re.fullmatch(r"v\d+\.\d+\.\d+-eksbuild\.\d+", addon), addon


def test_every_chart_is_pinned_to_a_version() -> None:
    for version in CHART_VERSIONS.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), version


def test_the_table_has_a_date() -> None:
    assert date.fromisoformat(CHECKED)


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
@pytest.mark.parametrize(("present", "wanted"), [("1.34", "1.34"), ("1.34", "1.35")])
def test_k8_a_cluster_goes_up_by_one_minor_version(present: str, wanted: str) -> None:
    assert version_step_problem(present, wanted) is None


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
def test_k8_two_at_once_are_refused_with_the_one_that_comes_first() -> None:
    assert version_step_problem("1.34", "1.36") == (
        "cluster.version: 1.36 is 2 minor versions above 1.34, which the cluster runs; EKS"
        " takes one at a time; set 1.35 and update before"
    )


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
def test_k8_a_step_down_is_refused_with_the_version_there_is() -> None:
    assert version_step_problem("1.36", "1.35") == (
        "cluster.version: 1.35 is below 1.36, which the cluster runs; EKS goes back to none;"
        " set 1.36"
    )
