"""What a container's process is started with: arguments, environment, working directory; pure."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING
from pathlib import Path
from typing import Literal

from stackyard.local.images import IMAGE_ROOT, INTERPRETER, PYTHON, Image, in_image
from stackyard.local.kube_json import child, children, quantity, words
from stackyard.local.wire import JsonObject

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
POD_VARIABLE = "STACKYARD_POD"
"""Names pod and container in each of their processes: whatever a container leaves can be found."""
_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")
_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")

SourceKind = Literal["secrets", "configmaps"]
Source = tuple[SourceKind, str]
"""A Secret or ConfigMap of the pod's namespace, by name."""
_KIND_NAMES = {"secrets": "Secret", "configmaps": "ConfigMap"}
_KEY_REFS: dict[str, SourceKind] = {"secretKeyRef": "secrets", "configMapKeyRef": "configmaps"}
_WHOLE_REFS: dict[str, SourceKind] = {"secretRef": "secrets", "configMapRef": "configmaps"}


class ConfigError(LookupError):
    """The spec names something that is not there; the words are the kubelet's."""


@dataclass(frozen=True, kw_only=True)
class PodFacts:
    """What a node knows of a pod before its containers run."""

    pod: JsonObject
    address: str
    host_address: str
    folder: Path
    """The pod's own; goes with it."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a container's spec may refer to."""

    facts: PodFacts
    image: Image
    marks: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables of the node's own, which no spec overrides."""
    sources: Mapping[Source, Mapping[str, str] | None] = field(default_factory=dict[Source, None])
    """Decoded content by source; None for one that does not exist."""
    mounts: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Folders by the container's mount paths."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """One process to start."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    working_directory: str
    around: Surroundings


def sources_of(container: JsonObject) -> set[Source]:
    """The Secrets and ConfigMaps that a container's environment is made from."""
    whole: set[Source] = {
        (kind, entry[name]["name"])
        for entry in children(container, "envFrom")
        for name, kind in _WHOLE_REFS.items()
        if name in entry
    }
    keyed: set[Source] = {
        (kind, entry["valueFrom"][name]["name"])
        for entry in children(container, "env")
        for name, kind in _KEY_REFS.items()
        if name in child(entry, "valueFrom")
    }
    return whole | keyed


def decoded(kind: SourceKind, found: JsonObject) -> dict[str, str]:
    """The content of a Secret or ConfigMap as text."""
    if kind == "configmaps":
        return dict(child(found, "data"))
    return {
        key: base64.b64decode(value).decode(errors="surrogateescape")
        for key, value in child(found, "data").items()
    }


def start_of(container: JsonObject, around: Surroundings) -> Start:
    """Resolve a container's spec. Raises `ConfigError` for what is named but not there.

    No variables of Services are set: without a kube-proxy nothing answers on their addresses.
    """
    own = _own_environment(container, around)
    argv = _argv(container, around, own)
    environment = {
        "HOME": str(around.facts.folder),
        "HOSTNAME": around.facts.pod["metadata"]["name"],
        **around.image.environment,
        **{name: _in_mounts(value, around.mounts) for name, value in own.items()},
        **around.marks,
    }
    # The interpreter last: a program of the image goes before one of the machine.
    path = environment.get("PATH", DEFAULT_PATH)
    environment["PATH"] = f"{path}:{Path(PYTHON).parent}"
    if "/tmp" in around.mounts:  # noqa: S108  # a mount path of the pod, no file of ours
        environment.setdefault("TMPDIR", str(around.mounts["/tmp"]))  # noqa: S108  # the same
    directory = container.get("workingDir")
    return Start(
        argv=argv,
        environment=environment,
        working_directory=(
            in_image(directory, around.image.folder)
            if directory
            else around.image.working_directory
        ),
        around=around,
    )


def exec_argv(argv: Sequence[str], around: Surroundings) -> tuple[str, ...]:
    """The command of a probe or hook, with what the container's paths mean on the machine."""
    mapped = [_in_mounts(word, around.mounts) for word in argv]
    if mapped[0] in {"python", "python3"}:
        mapped[:1] = INTERPRETER
    elif mapped[0].startswith(IMAGE_ROOT + "/"):
        mapped[0] = in_image(mapped[0], around.image.folder)
    return tuple(mapped)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` by its value; an unknown name stays as written, `$$` is one dollar sign."""

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return variables.get(match[1], match[0])

    return _REFERENCE.sub(replaced, text)


def mentions(container: JsonObject, path: str) -> bool:
    """Whether a container's arguments or environment name a path at or under `path`."""
    texts = [*words(container, "command"), *words(container, "args")]
    texts += [str(entry.get("value") or "") for entry in children(container, "env")]
    return any(_in_mounts(text, {path: Path("/elsewhere")}) != text for text in texts)


def _own_environment(container: JsonObject, around: Surroundings) -> dict[str, str]:
    result: dict[str, str] = {}
    for entry in children(container, "envFrom"):
        for name, kind in _WHOLE_REFS.items():
            if name in entry:
                content = _content(kind, entry[name], around)
                prefix = entry.get("prefix") or ""
                result.update({prefix + key: value for key, value in (content or {}).items()})
    # As the kubelet does it: a reference sees what `env` set before it, not what envFrom brought.
    known: dict[str, str] = {}
    for entry in children(container, "env"):
        if "valueFrom" in entry:
            value = _value_from(container, entry["valueFrom"], around)
        else:
            value = expand(entry.get("value") or "", known)
        if value is not None:
            known[entry["name"]] = value
    return {**result, **known}


def _content(
    kind: SourceKind, reference: JsonObject, around: Surroundings
) -> Mapping[str, str] | None:
    content = around.sources.get((kind, reference["name"]))
    if content is None and not reference.get("optional"):
        raise ConfigError(f'{_KIND_NAMES[kind].lower()} "{reference["name"]}" not found')
    return content


def _value_from(container: JsonObject, source: JsonObject, around: Surroundings) -> str | None:
    for name, kind in _KEY_REFS.items():
        if name not in source:
            continue
        reference = source[name]
        content = _content(kind, reference, around)
        if content is None:
            return None
        if reference["key"] not in content:
            if reference.get("optional"):
                return None
            namespace = around.facts.pod["metadata"]["namespace"]
            raise ConfigError(
                f"couldn't find key {reference['key']} in {_KIND_NAMES[kind]}"
                f" {namespace}/{reference['name']}"
            )
        return content[reference["key"]]
    if "fieldRef" in source:
        return field_value(source["fieldRef"]["fieldPath"], around.facts)
    if "resourceFieldRef" in source:
        return _resource_value(container, source["resourceFieldRef"])
    raise ConfigError(f"the node knows no environment source {sorted(source)}")


def field_value(path: str, facts: PodFacts) -> str:
    """A field of the pod, by the paths that the downward API knows."""
    metadata, spec = child(facts.pod, "metadata"), child(facts.pod, "spec")
    keyed = _KEYED.fullmatch(path)
    if keyed:
        return child(metadata, keyed[1]).get(keyed[2], "")
    values = {
        "metadata.name": metadata.get("name", ""),
        "metadata.namespace": metadata.get("namespace", ""),
        "metadata.uid": metadata.get("uid", ""),
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        "status.podIP": facts.address,
        "status.podIPs": facts.address,
        "status.hostIP": facts.host_address,
        "status.hostIPs": facts.host_address,
    }
    if path not in values:
        raise ConfigError(f"fieldPath {path} is not one of {', '.join(values)}")
    return values[path]


def _resource_value(container: JsonObject, reference: JsonObject) -> str:
    kind, _, name = str(reference["resource"]).partition(".")
    given = child(container, "resources", kind).get(name)
    if given is None:
        raise ConfigError(f"the container sets no {reference['resource']}")
    divisor = quantity(reference.get("divisor") or "1") or quantity("1")
    shares = (quantity(given) / divisor).to_integral_value(rounding=ROUND_CEILING)
    return str(int(shares))


def _argv(
    container: JsonObject, around: Surroundings, variables: Mapping[str, str]
) -> tuple[str, ...]:
    # A pod's command replaces the image's entrypoint and its arguments together.
    command = words(container, "command")
    entrypoint = tuple(command) or around.image.entrypoint
    default = () if command else around.image.command
    arguments = tuple(words(container, "args")) or default
    argv = [expand(word, variables) for word in (*entrypoint, *arguments)]
    if not argv:
        raise ConfigError("no command specified: neither the pod nor the image says what to run")
    return exec_argv(argv, around)


def _in_mounts(value: str, mounts: Mapping[str, Path]) -> str:
    """The value with each mount path in it led to its folder.

    In one pass: a folder that itself lies below a mount path (a project in /tmp) stays as it is.
    """
    if not mounts:
        return value
    paths = "|".join(re.escape(path.rstrip("/")) for path in sorted(mounts, key=len, reverse=True))
    folders = {path.rstrip("/"): str(folder) for path, folder in mounts.items()}
    pattern = rf"(^|[:=])({paths})(?=/|:|$)"
    return re.sub(pattern, lambda match: f"{match[1]}{folders[match[2]]}", value)
