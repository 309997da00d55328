"""What the node cannot honour of a pod's spec is named, and nothing else."""

from typing import Any

import pytest

from stackyard.local.unsupported import unsupported_fields


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"hostNetwork": True}, "spec.hostNetwork"),
        ({"volumes": [{"name": "v", "nfs": {}}]}, "spec.volumes[v].nfs"),
        ({"initContainers": [{"name": "s", "restartPolicy": "Always"}]}, "[s].restartPolicy"),
        ({"containers": [{"name": "c", "tty": True}]}, "spec.containers[c].tty"),
        (
            {"containers": [{"name": "c", "livenessProbe": {"grpc": {"port": 1}}}]},
            "[c].livenessProbe.grpc",
        ),
        (
            {
                "containers": [{"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/d"}]}],
                "volumes": [{"name": "v", "emptyDir": {}}],
            },
            "[c].volumeMounts[/d]",
        ),
    ],
)
def test_a_field_the_node_cannot_honour_is_named(spec: dict[str, Any], named: str) -> None:
    (found,) = unsupported_fields({"spec": spec})

    assert f"{named} " in found


def test_a_mount_at_tmp_or_named_by_a_variable_is_honoured() -> None:
    container = {
        "name": "c",
        "env": [{"name": "F", "value": "/d/file"}],
        "volumeMounts": [{"name": "v", "mountPath": path} for path in ("/tmp", "/d")],  # noqa: S108
    }
    spec = {"containers": [container], "volumes": [{"name": "v", "emptyDir": {}}]}

    assert unsupported_fields({"spec": spec}) == []
