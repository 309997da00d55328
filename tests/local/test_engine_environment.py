"""The engine's environment in a slot."""

from pathlib import Path

from stackyard.local.engine_environment import environment
from stackyard.local.layout import Layout
from stackyard.local.secrets import make_secrets


def test_nothing_of_the_callers_cloud_reaches_the_engine(tmp_path: Path, monkeypatch) -> None:
    for name in (
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "PULUMI_ACCESS_TOKEN",
        "KUBERNETES_MASTER",
        "https_proxy",
    ):
        monkeypatch.setenv(name, "the caller's")
    layout = Layout(root=tmp_path)

    found = environment(layout, make_secrets(layout), [])

    assert "the caller's" not in found.values()
