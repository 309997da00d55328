"""`stackyard outputs` on the real engine: values with their meaning, and no secret in any form."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stackyard.cli import app
from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.ops.run import up
from stackyard.progress import Progress
from tests.engine.cli_stack import CliStack, cli_stack, thing

pytestmark = pytest.mark.engine

CANARY = "canary-8d1e-in-a-secret"
EXPORTS = f'''
pulumi.export("siteUrl", "https://example.com")
pulumi.export("readme", "[site](${{outputs.siteUrl}}) ${{outputs.password}}\\n")
pulumi.export("password", pulumi.Output.secret("{CANARY}"))
pulumi.export("database", {{"port": 3306, "key": pulumi.Output.secret("{CANARY}")}})
'''


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliStack]:
    """The shell that the command runs in stands in its folder, without the stack's passphrase."""
    with cli_stack(tmp_path) as made:
        made.program(thing("topic"))
        monkeypatch.chdir(tmp_path)
        for name, value in made.workspace.variables.items():
            monkeypatch.setenv(name, value)
        yield made


def printed(*words: str) -> str:
    done = CliRunner().invoke(app, ["outputs", *words])
    assert done.exit_code == 0, done.exception
    return done.stdout


def test_a_secret_is_masked_in_every_form(stack: CliStack, monkeypatch: pytest.MonkeyPatch) -> None:
    program = stack.workspace.root / "__main__.py"
    program.write_text(program.read_text() + EXPORTS)
    up(stack.workspace, Progress(quiet=True))
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")

    text, machines, readme = printed("test"), printed("test", "--json"), printed("test", "--readme")

    assert text.startswith("siteUrl ")
    assert json.loads(machines)["password"] == "[secret]"  # a mark
    assert readme == "[site](https://example.com) [secret]\n"
    assert CANARY not in text + machines + readme


def test_a_stack_that_was_never_brought_up_is_one_line(stack: CliStack) -> None:
    done = CliRunner().invoke(app, ["outputs", "test"])

    assert isinstance(done.exception, StackyardError)
    assert str(done.exception).endswith("bring it up: stackyard up test")
    assert stack.cloud.names == []


def test_a_stack_that_there_is_not_is_one_line(stack: CliStack) -> None:
    done = CliRunner().invoke(app, ["outputs", "nowhere"])

    assert isinstance(done.exception, SettingsFaultError)
    assert str(done.exception).startswith("this backend has no stack nowhere;")
    assert stack.cloud.names == []
