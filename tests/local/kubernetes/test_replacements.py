"""Which changes replace a Kubernetes object."""

from typing import Any

import pytest

from stackyard.local.kubernetes.replacements import (
    AUTONAMED,
    REPLACE_UNREADY,
    replaced_properties,
    replaces_unready,
    takes_same_name,
)


def manifest(api_version: str, kind: str, **properties: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **properties}


@pytest.mark.parametrize(
    ("api_version", "kind", "old", "new", "replaced"),
    [
        ("apps/v1", "Deployment", {"selector": 1}, {"selector": 2}, {"spec"}),
        ("apps/v1", "Deployment", {"replicas": 1}, {"replicas": 2}, set[str]()),
        ("batch/v1", "Job", {"template": 1}, {"template": 2}, {"spec"}),
        ("batch/v1", "Job", {"suspend": False}, {"suspend": True}, set[str]()),
        ("v1", "Service", {"clusterIP": "None"}, {}, {"spec"}),
        ("v1", "Service", {"ports": [1]}, {"ports": [2]}, set[str]()),
        ("autoscaling/v2", "HorizontalPodAutoscaler", {"maxReplicas": 1}, {}, set[str]()),
    ],
)
def test_a_change_of_the_spec_replaces_by_kind(
    api_version: str, kind: str, old: Any, new: Any, replaced: set[str]
) -> None:
    olds, news = manifest(api_version, kind, spec=old), manifest(api_version, kind, spec=new)

    assert replaced_properties(olds, news, mutable=set()) == replaced


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_data_replaces_unless_the_provider_says_it_is_mutable(kind: str) -> None:
    olds, news = manifest("v1", kind, data={"a": "1"}), manifest("v1", kind, data={"a": "2"})

    assert replaced_properties(olds, news, mutable=set()) == {"data"}
    assert replaced_properties(olds, news, mutable={kind}) == set()


def test_an_immutable_object_replaces_even_where_its_kind_is_mutable() -> None:
    olds = manifest("v1", "Secret", data={"a": "1"}, immutable=True)
    news = manifest("v1", "Secret", data={"a": "2"}, immutable=True)

    assert replaced_properties(olds, news, mutable={"Secret"}) == {"data"}


def test_no_namespace_is_the_namespace_default() -> None:
    olds, news = manifest("v1", "ConfigMap"), manifest("v1", "ConfigMap")
    news["metadata"] = {"name": "a", "namespace": "default"}

    assert replaced_properties(olds, news, mutable=set()) == set()


def test_another_name_replaces() -> None:
    olds, news = manifest("v1", "ConfigMap"), manifest("v1", "ConfigMap")
    news["metadata"] = {"name": "b"}

    assert replaced_properties(olds, news, mutable=set()) == {"metadata"}


@pytest.mark.parametrize(
    ("metadata", "same"),
    [
        ({"name": "a"}, True),
        ({"name": "b"}, False),
        ({"name": "a", "namespace": "shop"}, False),
        ({"name": "a", "annotations": {AUTONAMED: "true"}}, False),
    ],
)
def test_only_a_name_given_by_the_program_is_taken_again(
    metadata: dict[str, Any], *, same: bool
) -> None:
    news = {**manifest("v1", "ConfigMap"), "metadata": metadata}

    assert takes_same_name(manifest("v1", "ConfigMap"), news) is same


@pytest.mark.parametrize(
    ("kind", "annotations", "wanted"),
    [
        ("Job", {REPLACE_UNREADY: "true"}, True),
        ("Job", {REPLACE_UNREADY: "false"}, False),
        ("Job", {}, False),
        ("Job", None, False),
        ("Deployment", {REPLACE_UNREADY: "true"}, False),
    ],
)
def test_a_job_alone_can_be_replaced_for_not_being_ready(
    kind: str, annotations: dict[str, str] | None, *, wanted: bool
) -> None:
    news = manifest("batch/v1", kind)
    news["metadata"]["annotations"] = annotations

    assert replaces_unready(news) is wanted
