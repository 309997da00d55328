"""Add-on versions: a row for every Kubernetes version that the settings allow."""

import re

import pytest

from stacks.addons import ADDON_VERSIONS
from stacks.settings import SUPPORTED_CLUSTER_VERSIONS


def test_every_supported_cluster_version_has_its_addons() -> None:
    assert set(ADDON_VERSIONS) >= set(SUPPORTED_CLUSTER_VERSIONS)


@pytest.mark.parametrize("version", ADDON_VERSIONS)
def test_every_addon_is_pinned_to_a_build(version: str) -> None:
    for addon in ADDON_VERSIONS[version]:
        assert re.fullmatch(r"v\d+\.\d+\.\d+-eksbuild\.\d+", addon), addon
