"""Fields of a pod's spec that the node cannot honour; each gets a Warning event; pure."""

from collections.abc import Iterator

from stackyard.local.container_environment import mentions
from stackyard.local.kube_json import child, children
from stackyard.local.volumes import HONOURED
from stackyard.local.wire import JsonObject

_POD_FIELDS = {
    "hostNetwork": "a pod has its own loopback address",
    "hostPID": "processes have no namespaces",
    "hostIPC": "processes have no namespaces",
    "hostUsers": "processes run as the user who started the node",
    "shareProcessNamespace": "processes have no namespaces",
    "hostAliases": "the machine's hosts file holds",
    "dnsConfig": "the machine's resolver holds",
    "runtimeClassName": "there is one runtime, processes",
    "activeDeadlineSeconds": "the pod may run on",
    "ephemeralContainers": "they are not started",
}
_CONTAINER_FIELDS = {
    "volumeDevices": "there are no block devices",
    "stdin": "standard input is empty",
    "tty": "there is no terminal",
    "restartPolicyRules": "the pod's restart policy holds",
}
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def unsupported_fields(pod: JsonObject) -> list[str]:
    """One sentence a field: its path and what holds instead."""
    spec = child(pod, "spec")
    found = [
        f"spec.{name} is not honoured: {instead}"
        for name, instead in _POD_FIELDS.items()
        if spec.get(name)
    ]
    found += _volumes(spec)
    for list_name in ("initContainers", "containers"):
        for container in children(spec, list_name):
            place = f"spec.{list_name}[{container['name']}]"
            found += [f"{place}.{sentence}" for sentence in _container(container, spec)]
    return found


def _volumes(spec: JsonObject) -> list[str]:
    return [
        f"spec.volumes[{volume['name']}].{kind} is not honoured:"
        f" a volume is one of {', '.join(HONOURED)}"
        for volume in children(spec, "volumes")
        for kind in volume
        if kind != "name" and kind not in HONOURED
    ]


def _container(container: JsonObject, spec: JsonObject) -> Iterator[str]:
    for name, instead in _CONTAINER_FIELDS.items():
        if container.get(name):
            yield f"{name} is not honoured: {instead}"
    if container.get("restartPolicy") == "Always":
        yield "restartPolicy Always (a sidecar) is not honoured: the container is not started"
    for port in children(container, "ports"):
        if port.get("hostPort"):
            yield f"ports[{port['containerPort']}].hostPort is not honoured: use the pod's address"
    for probe in _PROBES:
        if "grpc" in child(container, probe):
            yield f"{probe}.grpc is not honoured: the container counts as well"
    known = {v["name"] for v in children(spec, "volumes") if any(kind in v for kind in HONOURED)}
    for mount in children(container, "volumeMounts"):
        path = mount["mountPath"]
        # Without a mount namespace a folder is found through TMPDIR or a variable that names it.
        if mount["name"] in known and path != "/tmp" and not mentions(container, path):  # noqa: S108  # a mount path
            yield (
                f"volumeMounts[{path}] is not honoured: no argument or variable of the container"
                " names the path, and a process sees the machine's files"
            )
