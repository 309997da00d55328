"""Helm releases: recorded as Helm records them; of a chart only what others need is applied."""

import base64
import gzip
import json
import time
from pathlib import Path

import yaml

from stackyard.errors import StackyardError
from stackyard.local.kube_json import child
from stackyard.local.kubernetes.objects import Objects
from stackyard.local.properties import UNKNOWN, has_unknown
from stackyard.local.wire import JsonObject, NotFoundError

RELEASE = "kubernetes:helm.sh/v3:Release"
CHARTS = Path(__file__).with_name("charts")
MANAGER = "Helm"
"""What Helm says in the label `app.kubernetes.io/managed-by`."""

_RECORD_TYPE = "helm.sh/release.v1"


def known_charts() -> list[str]:
    """Charts that the embedded cloud can install."""
    return sorted(folder.name for folder in CHARTS.iterdir() if folder.is_dir())


def chart_of(inputs: JsonObject) -> str:
    """The chart's name: the last part of `repository/chart`, an OCI reference, a path."""
    return str(inputs.get("chart", "")).rstrip("/").rpartition("/")[2]


def manifests(chart: str) -> list[JsonObject]:
    """The objects of a chart. Raises `StackyardError` for one that is not known."""
    if chart not in known_charts():
        raise StackyardError(_unknown(chart))
    files = sorted((CHARTS / chart).glob("*.yaml"))
    return [found for file in files for found in yaml.safe_load_all(file.read_text()) if found]


def _unknown(chart: str) -> str:
    return (
        f"the embedded cloud has no chart {chart!r}; it has {', '.join(known_charts())}. "
        f"Add what others need of it under {CHARTS.parent.name}/{CHARTS.name}/{chart}/"
    )


class Releases:
    """Releases of one cluster."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def check(
        self, fresh: str, olds: JsonObject, news: JsonObject
    ) -> tuple[JsonObject, list[tuple[str, str]]]:
        """A name and a namespace; an unknown chart is refused before anything is made."""
        inputs = {"name": olds.get("name") or fresh, "namespace": "default", **news}
        chart = inputs.get("chart")
        if chart is None or has_unknown(chart) or chart_of(inputs) in known_charts():
            return inputs, []
        return inputs, [("chart", _unknown(chart_of(inputs)))]

    def preview(self, olds: JsonObject | None, news: JsonObject) -> JsonObject:
        """The inputs, and the names of the chart's objects."""
        status = (olds or {}).get("status") or UNKNOWN
        return {**news, "resourceNames": _resource_names(chart_of(news)), "status": status}

    def install(self, inputs: JsonObject, *, timeout: float) -> tuple[str, JsonObject]:
        """Apply the chart's objects, wait for them, record revision 1."""
        id_ = f"{inputs['namespace']}/{inputs['name']}"
        if self._record(id_) is not None:
            raise StackyardError(f"a release {id_} is already there; import it or choose a name")
        self._make_namespace(inputs)
        return id_, self._deploy(inputs, 1, timeout)

    def upgrade(self, id_: str, inputs: JsonObject, *, timeout: float) -> JsonObject:
        """The same again, as the next revision."""
        record = self._record(id_)
        revision = int(record["metadata"]["labels"]["version"]) if record else 0
        outputs = self._deploy(inputs, revision + 1, timeout)
        if record:
            self._forget(record)
        return outputs

    def read(self, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        """What was recorded. Raises `NotFoundError`."""
        record = self._record(id_)
        if record is None:
            raise NotFoundError(f"no release {id_}")
        release = _decoded(record["data"]["release"])
        recorded = {
            "name": release["name"],
            "namespace": release["namespace"],
            "chart": release["chart"]["metadata"]["name"],
            "version": release["chart"]["metadata"]["version"],
            "values": release["config"],
        }
        # A chart is declared by repository and name, but recorded by name.
        declared = {k: v for k, v in inputs.items() if k not in ("version", "values")}
        changed = {k: recorded[k] for k in ("version", "values") if k in inputs or not inputs}
        found = {**recorded, **declared, **changed} if not inputs else {**declared, **changed}
        return found, _outputs(found, int(release["version"]))

    def uninstall(self, id_: str) -> None:
        """Delete the chart's objects but its definitions, which Helm leaves too."""
        record = self._record(id_)
        if record is None:
            raise NotFoundError(f"no release {id_}")
        release = _decoded(record["data"]["release"])
        for manifest in manifests(release["chart"]["metadata"]["name"]):
            if manifest["kind"] != "CustomResourceDefinition":
                self._objects.delete(manifest, timeout=0)
        self._forget(record)

    def _deploy(self, inputs: JsonObject, revision: int, timeout: float) -> JsonObject:
        for manifest in manifests(chart_of(inputs)):
            is_definition = manifest["kind"] == "CustomResourceDefinition"
            if is_definition and inputs.get("skipCrds"):
                continue
            applied = self._objects.apply(_owned(manifest, inputs), force=True)
            self._objects.ready(applied, timeout=timeout)
        self._objects.apply(_recorded(inputs, revision), force=True)
        return _outputs(inputs, revision)

    def _make_namespace(self, inputs: JsonObject) -> None:
        metadata = {"name": inputs["namespace"]}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        try:
            self._objects.live(namespace)
        except NotFoundError as error:
            if not inputs.get("createNamespace"):
                raise StackyardError(f"{error}; set create_namespace or make it first") from error
            self._objects.create(namespace)

    def _record(self, id_: str) -> JsonObject | None:
        """The newest record of a release."""
        namespace, _, name = id_.rpartition("/")
        chosen = f"owner=helm,name={name}"
        path = f"/api/v1/namespaces/{namespace}/secrets"
        found = self._objects.api.items(path, labelSelector=chosen)
        return max(found, key=lambda r: int(r["metadata"]["labels"]["version"]), default=None)

    def _forget(self, record: JsonObject) -> None:
        metadata = record["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}"
        self._objects.api.call("DELETE", path)


def _owned(manifest: JsonObject, inputs: JsonObject) -> JsonObject:
    """The object with the labels and annotations by which Helm knows its own."""
    metadata = manifest["metadata"]
    labels = {**child(metadata, "labels"), "app.kubernetes.io/managed-by": MANAGER}
    annotations = {
        **child(metadata, "annotations"),
        "meta.helm.sh/release-name": inputs["name"],
        "meta.helm.sh/release-namespace": inputs["namespace"],
    }
    return {**manifest, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


def _recorded(inputs: JsonObject, revision: int) -> JsonObject:
    """The Secret in which Helm keeps a release, so that `helm list` works."""
    chart = chart_of(inputs)
    release = {
        "name": inputs["name"],
        "namespace": inputs["namespace"],
        "version": revision,
        "info": {"status": "deployed", "last_deployed": _now(), "first_deployed": _now()},
        "chart": {"metadata": {"name": chart, "version": inputs.get("version", "")}},
        "config": inputs.get("values") or {},
        "manifest": yaml.safe_dump_all(manifests(chart)),
    }
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    labels = {
        "owner": "helm",
        "name": inputs["name"],
        "status": "deployed",
        "version": str(revision),
        "app.kubernetes.io/managed-by": MANAGER,
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": _RECORD_TYPE,
        "metadata": {
            "name": f"sh.helm.release.v1.{inputs['name']}.v{revision}",
            "namespace": inputs["namespace"],
            "labels": labels,
        },
        "data": {"release": base64.b64encode(packed).decode()},
    }


def _decoded(record: str) -> JsonObject:
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(record))))


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _outputs(inputs: JsonObject, revision: int) -> JsonObject:
    chart = chart_of(inputs)
    status = {
        "status": "deployed",
        "name": inputs["name"],
        "namespace": inputs["namespace"],
        "revision": revision,
        "chart": chart,
        "version": inputs.get("version", ""),
    }
    return {**inputs, "resourceNames": _resource_names(chart), "status": status}


def _resource_names(chart: str) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for found in manifests(chart) if chart in known_charts() else []:
        kind = f"{found['kind']}.{found['apiVersion']}/{found['kind']}"
        names.setdefault(kind, []).append(found["metadata"]["name"])
    return names
