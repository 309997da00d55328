"""`stackyard image push`: from sources to a digest in the stack file, against a real registry."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.images import REPOSITORY
from stackyard.errors import AccountFaultError, SettingsFaultError, StackyardError
from stackyard.ops import image as ops
from stackyard.ops import registry as pushing
from stackyard.ops.oci_layout import read_layout
from stackyard.ops.registry import RegistryError
from stackyard.progress import Progress
from tests.ops.registries import HOST, Gate, layout, registry
from tests.stacks.examples import PROD

pytestmark = pytest.mark.local

OLD = "registry.example.com/api@sha256:" + 64 * "0"
TEXT = f"""\
# Production.
config:
  stackyard:env: {{size: large, region: us-east-1, accountId: "123456789012", owner: platform,
                  costCenter: "1", domain: example.com, zoneId: Z0123456789EXAMPLE}}
  stackyard:cluster:
    allowedCidrs: [203.0.113.0/24]   # the office
    adminRoleArns: ["arn:aws:iam::123456789012:role/deploy"]
  stackyard:app:
    image: {OLD}  # moved by pushes
"""
BUILD = """\
#!/bin/sh
echo "$@" > "$(dirname "$0")/words"
echo 'build.sh: Debian for arm64' >&2
exit CODE
"""


@pytest.fixture(autouse=True)
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    monkeypatch.setattr(pushing, "WAITS", ())
    monkeypatch.setattr(ops, "check_identity", lambda _env, _file: None)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with registry(tmp_path) as made:
        monkeypatch.setattr(ops, "repository_of", lambda _env, _name: made.repository)
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose image is built by a stand-in that notes its words."""
    folder = tmp_path / "checkout"
    (folder / "app-image").mkdir(parents=True)
    (folder / "Pulumi.prod.yaml").write_text(TEXT)
    builds(folder, 0)
    layout(folder / ".local" / "image" / "arm64" / "oci", "arm64")
    (folder / ".stackyard").mkdir()
    (folder / ".stackyard" / "rds-global-bundle.pem").write_text("-----BEGIN CERTIFICATE-----")
    return folder


def builds(root: Path, code: int) -> None:
    script = root / "app-image" / "build.sh"
    script.write_text(BUILD.replace("CODE", str(code)))
    script.chmod(stat.S_IRWXU)


def push(root: Path, stack: str = "prod", **options: Any) -> ops.Pushed:
    return ops.push(root, stack, Progress(quiet=True), **options)


def refused(root: Path, kind: type[StackyardError], stack: str = "prod", **options: Any) -> str:
    with pytest.raises(kind) as problem:
        push(root, stack, **options)
    (line,) = str(problem.value).splitlines()
    return line


def test_the_built_image_is_pushed_and_stands_in_the_stack_file(gate: Gate, root: Path) -> None:
    image = read_layout(root / ".local" / "image" / "arm64" / "oci")

    done = push(root)

    reference = f"{HOST}:{gate.port}/{REPOSITORY}@{image.digest}"
    assert (root / "Pulumi.prod.yaml").read_text() == TEXT.replace(OLD, reference)
    assert gate.get(f"manifests/{done.tag}") == (200, image.content)
    assert (done.image, done.tag) == (reference, f"release-{image.digest[7:]}")


def test_it_is_built_for_the_nodes_with_awss_own_authorities(root: Path) -> None:
    push(root)

    assert (root / "app-image" / "words").read_text().split() == [
        "--arch", "arm64",
        "--ca", str(root / ".stackyard" / "rds-global-bundle.pem"),
        "--output", str(root / ".local" / "image" / "arm64"),
    ]  # fmt: skip


def test_a_second_push_changes_nothing(root: Path) -> None:
    push(root)
    before = (root / "Pulumi.prod.yaml").stat()

    assert push(root).sent_bytes == 0
    after = (root / "Pulumi.prod.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_first_image_of_a_stack_gets_its_place(root: Path) -> None:
    file = root / "Pulumi.prod.yaml"
    file.write_text(TEXT.replace(f"  stackyard:app:\n    image: {OLD}  # moved by pushes\n", ""))

    done = push(root)

    assert yaml.safe_load(file.read_text())["config"]["stackyard:app"] == {"image": done.image}


def test_the_image_of_review_stacks_goes_into_their_file_with_their_tag(root: Path) -> None:
    config = {
        "stackyard:env": {
            **{k: v for k, v in PROD["env"].items() if k not in {"domain", "zoneId"}},
            "size": "small",
            "ttlHours": 72,
        },
        "stackyard:cluster": PROD["cluster"],
    }
    (root / "Pulumi.pr.yaml").write_text(yaml.safe_dump({"config": config}))

    for stack in ("pr", "pr-12"):
        done = push(root, stack)
        assert done.tag.startswith("review-")

    written = yaml.safe_load((root / "Pulumi.pr.yaml").read_text())["config"]
    assert written["stackyard:app"] == {"image": done.image}


def test_a_layout_of_ones_own_is_pushed_without_a_build(root: Path) -> None:
    own = layout(root / "own", "amd64", "arm64")

    done = push(root, layout=own)

    assert done.image.endswith(read_layout(own).digest)
    assert not (root / "app-image" / "words").exists()


@pytest.mark.parametrize(
    ("kinds", "says"),
    [(("amd64",), "linux/amd64"), (("amd64", "s390x"), "linux/amd64, linux/s390x")],
)
def test_an_image_that_no_node_runs_is_refused(
    gate: Gate, root: Path, kinds: tuple[str, ...], says: str
) -> None:
    own = layout(root / "own", *kinds)

    assert refused(root, StackyardError, layout=own) == (
        f"{own} is for {says}, but the nodes are linux/arm64 (Graviton); build it so:"
        " app-image/build.sh --arch arm64"
    )
    assert gate.seen == []


def test_a_push_that_fails_leaves_the_stack_file_as_it_is(gate: Gate, root: Path) -> None:
    gate.refuse("PUT", "/manifests/", 403, "DENIED", "no")

    refused(root, RegistryError)

    assert (root / "Pulumi.prod.yaml").read_text() == TEXT


def test_a_build_that_fails_ends_with_its_last_line(gate: Gate, root: Path) -> None:
    builds(root, 69)

    assert refused(root, StackyardError) == "the image was not built: Debian for arm64"
    assert gate.seen == []


def test_whoever_is_not_root_is_told_how_to_build_apart(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds(root, 69)
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    says = refused(root, StackyardError)

    assert "; or build it apart: sudo app-image/build.sh --arch arm64 --ca " in says
    assert says.endswith("then run: stackyard image push prod --layout .local/image/arm64/oci")


def test_authorities_that_are_not_to_be_had_are_a_line(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / ".stackyard" / "rds-global-bundle.pem").unlink()
    monkeypatch.setattr(ops, "AUTHORITIES", (root / "nowhere.pem").as_uri())

    says = refused(root, StackyardError)

    assert says.endswith("No such file or directory>; give the bundle by --ca FILE") or (
        "nowhere.pem" in says and says.endswith("give the bundle by --ca FILE")
    )


def test_authorities_are_fetched_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, source = root / ".stackyard" / "rds-global-bundle.pem", root / "global.pem"
    source.write_text("of AWS")
    bundle.unlink()
    monkeypatch.setattr(ops, "AUTHORITIES", source.as_uri())

    push(root)
    source.unlink()
    push(root)

    assert bundle.read_text() == "of AWS"


def test_every_other_problem_of_the_file_is_told_before_anything(root: Path) -> None:
    file = root / "Pulumi.prod.yaml"
    file.write_text(TEXT.replace(f"    image: {OLD}", "    port: 80"))

    assert refused(root, SettingsFaultError) == (
        "Pulumi.prod.yaml: app.port: 80 is less than 1024, the smallest allowed"
    )


def test_the_local_stacks_image_is_not_pushed(root: Path) -> None:
    file = root / "Pulumi.local.yaml"
    file.write_text(TEXT.replace("size: large", "size: local"))

    assert refused(root, SettingsFaultError, "local") == (
        "Pulumi.local.yaml: its image stays on this machine: make up builds it"
    )


def test_credentials_of_another_account_end_it_before_the_build(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(_env: object, file: str) -> None:
        raise AccountFaultError(f"{file}: another account")

    monkeypatch.setattr(ops, "check_identity", other)

    assert refused(root, AccountFaultError) == "Pulumi.prod.yaml: another account"
    assert not (root / "app-image" / "words").exists()
