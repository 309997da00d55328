"""A container's arguments and variables are resolved as a kubelet resolves them."""

from pathlib import Path
from typing import Any

import pytest

from stackyard.local.container_environment import (
    ConfigError,
    PodFacts,
    Source,
    Start,
    Surroundings,
    decoded,
    expand,
    sources_of,
    start_of,
)
from stackyard.local.images import INTERPRETER, Image

FOLDER = Path("/images/abc")
POD = {
    "metadata": {
        "name": "api-1",
        "namespace": "app",
        "uid": "u-1",
        "labels": {"slot": "blue"},
        "annotations": {"note": "hi"},
    },
    "spec": {"nodeName": "node-a", "serviceAccountName": "api"},
}


def image(**changes: Any) -> Image:
    given: dict[str, Any] = {
        "folder": FOLDER,
        "entrypoint": ("python", "-m", "task1"),
        "command": ("serve",),
        "environment": {"PYTHONPATH": "/images/abc/lib"},
        "working_directory": "/images/abc",
    }
    return Image(**{**given, **changes})


def start(
    container: dict[str, Any],
    sources: dict[Source, dict[str, str] | None] | None = None,
    mounts: dict[str, Path] | None = None,
    **changes: Any,
) -> Start:
    facts = PodFacts(
        pod=POD, address="127.10.16.9", host_address="127.10.0.1", folder=Path("/run/pod")
    )
    around = Surroundings(
        facts=facts,
        image=image(**changes),
        sources=sources or {},
        mounts=mounts or {},
        marks={"STACKYARD_RUN": "/slot"},
    )
    return start_of({"name": "api", **container}, around)


def variables(entries: list[dict[str, Any]], **more: Any) -> dict[str, str]:
    return start({"env": entries}, **more).environment


def from_field(path: str) -> dict[str, Any]:
    return {"name": "IT", "valueFrom": {"fieldRef": {"fieldPath": path}}}


def from_key(kind: str, **reference: Any) -> dict[str, Any]:
    return {"name": "IT", "valueFrom": {kind: reference}}


@pytest.mark.parametrize(
    ("container", "argv"),
    [
        ({}, (*INTERPRETER, "-m", "task1", "serve")),
        ({"args": ["check"]}, (*INTERPRETER, "-m", "task1", "check")),
        ({"command": ["python", "-m", "task1.migrate"]}, (*INTERPRETER, "-m", "task1.migrate")),
        ({"command": ["sh"], "args": ["-c", "true"]}, ("sh", "-c", "true")),
        ({"command": ["/app/bin/tool", "/app/x"]}, ("/images/abc/bin/tool", "/app/x")),
    ],
)
def test_a_pods_command_replaces_the_images_entrypoint_and_arguments(
    container: dict[str, Any], argv: tuple[str, ...]
) -> None:
    assert start(container).argv == argv


def test_a_container_without_any_command_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="no command specified"):
        start({}, entrypoint=(), command=())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "api-1"),
        ("metadata.namespace", "app"),
        ("metadata.uid", "u-1"),
        ("metadata.labels['slot']", "blue"),
        ("metadata.annotations['note']", "hi"),
        ("metadata.labels['none']", ""),
        ("spec.nodeName", "node-a"),
        ("spec.serviceAccountName", "api"),
        ("status.podIP", "127.10.16.9"),
        ("status.hostIP", "127.10.0.1"),
    ],
)
def test_a_field_of_the_pod_becomes_a_variable(path: str, value: str) -> None:
    assert variables([from_field(path)])["IT"] == value


def test_an_unknown_field_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"fieldPath status\.phase is not one of"):
        variables([from_field("status.phase")])


@pytest.mark.parametrize(
    ("resource", "divisor", "value"),
    [
        ("limits.cpu", "", "1"),
        ("limits.cpu", "1m", "500"),
        ("limits.memory", "1Mi", "512"),
        ("limits.memory", "", str(512 * 1024 * 1024)),
    ],
)
def test_a_resource_of_the_container_is_rounded_up(resource: str, divisor: str, value: str) -> None:
    reference = {"name": "IT", "valueFrom": {"resourceFieldRef": {"resource": resource}}}
    reference["valueFrom"]["resourceFieldRef"]["divisor"] = divisor

    found = start({"env": [reference], "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}}})

    assert found.environment["IT"] == value


def test_keys_of_secrets_and_config_maps_become_variables() -> None:
    sources: dict[Source, dict[str, str] | None] = {
        ("secrets", "db"): {"url": "mysql://x"},
        ("configmaps", "flags"): {"a": "1"},
    }
    entries = [
        {**from_key("secretKeyRef", name="db", key="url"), "name": "URL"},
        {**from_key("configMapKeyRef", name="flags", key="a"), "name": "A"},
    ]

    found = variables(entries, sources=sources)

    assert (found["URL"], found["A"]) == ("mysql://x", "1")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (from_key("secretKeyRef", name="none", key="url"), 'secret "none" not found'),
        (
            from_key("secretKeyRef", name="db", key="none"),
            "couldn't find key none in Secret app/db",
        ),
        (from_key("configMapKeyRef", name="none", key="a"), 'configmap "none" not found'),
    ],
)
def test_what_is_missing_is_named_in_the_kubelets_words(
    entry: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        variables([entry], sources={("secrets", "db"): {}, ("secrets", "none"): None})


@pytest.mark.parametrize("name", ["none", "db"])
def test_an_optional_reference_that_is_missing_sets_nothing(name: str) -> None:
    entry = from_key("secretKeyRef", name=name, key="url", optional=True)

    found = variables([entry], sources={("secrets", "db"): {}})

    assert "IT" not in found


def test_env_overrides_what_comes_from_a_whole_source() -> None:
    container = {
        "envFrom": [{"prefix": "P_", "secretRef": {"name": "db"}}],
        "env": [{"name": "P_a", "value": "own"}],
    }

    found = start(container, sources={("secrets", "db"): {"a": "1", "b": "2"}}).environment

    assert (found["P_a"], found["P_b"]) == ("own", "2")


def test_a_value_may_refer_to_variables_before_it_only() -> None:
    entries = [
        {"name": "LATE", "value": "$(A)"},
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)/$(NONE)/$$(A)"},
    ]

    found = variables(entries)

    assert (found["LATE"], found["B"]) == ("$(A)", "1/$(NONE)/$(A)")


def test_arguments_may_refer_to_all_variables() -> None:
    container = {"command": ["serve", "--host=$(HOST)"], "env": [from_field("status.podIP")]}
    container["env"][0]["name"] = "HOST"

    assert start(container).argv == ("serve", "--host=127.10.16.9")


@pytest.mark.parametrize(("text", "value"), [("$$", "$"), ("$(", "$("), ("a$b", "a$b")])
def test_a_dollar_sign_that_opens_no_reference_stays(text: str, value: str) -> None:
    assert expand(text, {"b": "x"}) == value


def test_the_nodes_own_marks_cannot_be_overridden() -> None:
    found = variables([{"name": "STACKYARD_RUN", "value": "else"}])

    assert found["STACKYARD_RUN"] == "/slot"


def test_nothing_of_the_nodes_own_environment_is_handed_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the user")

    assert set(variables([])) == {"HOME", "HOSTNAME", "PATH", "PYTHONPATH", "STACKYARD_RUN"}


def test_a_variable_that_names_a_mounted_path_is_given_the_volumes_folder() -> None:
    entries = [{"name": "TOKEN_FILE", "value": "/var/run/token/it"}, {"name": "N", "value": "/var"}]

    found = variables(entries, mounts={"/var/run/token": Path("/run/pod/volumes/token")})

    assert found["TOKEN_FILE"] == "/run/pod/volumes/token/it"
    assert found["N"] == "/var"


def test_a_folder_below_another_mount_path_is_not_led_on() -> None:
    mounts = {"/tmp": Path("/tmp/run/tmp"), "/token": Path("/tmp/run/token")}  # noqa: S108  # in a pod

    found = variables([{"name": "TOKEN_FILE", "value": "/token/it"}], mounts=mounts)

    assert found["TOKEN_FILE"] == "/tmp/run/token/it"  # noqa: S108  # in a pod


def test_a_volume_at_tmp_is_where_temporary_files_go() -> None:
    found = variables([], mounts={"/tmp": Path("/run/pod/volumes/tmp")})  # noqa: S108  # in a pod

    assert found["TMPDIR"] == "/run/pod/volumes/tmp"


def test_the_sources_of_a_container_are_found_in_env_and_env_from() -> None:
    container = {
        "envFrom": [{"configMapRef": {"name": "flags"}}],
        "env": [from_key("secretKeyRef", name="db", key="url"), {"name": "A", "value": "1"}],
    }

    assert sources_of(container) == {("configmaps", "flags"), ("secrets", "db")}


def test_a_secret_is_decoded_and_a_config_map_is_not() -> None:
    assert decoded("secrets", {"data": {"a": "aGk="}}) == {"a": "hi"}
    assert decoded("configmaps", {"data": {"a": "aGk="}}) == {"a": "aGk="}
