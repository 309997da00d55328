"""Every command that a workflow gives is one of the product's, with words that it takes."""

import re
import shlex
from collections.abc import Iterator

import pytest
from typer.main import get_command

from stackyard.cli import app
from tests.pipelines.workflows import ROOT, read, steps

MAKE = re.compile(r"\bmake ([a-z-]+)")
ENDS = frozenset({">", ">>", "|", "||", "&&", ";", ")", "&"})


def commands() -> Iterator[tuple[str, list[str]]]:
    """The words of each `stackyard …`, up to what the shell makes of its answer."""
    for where, step in steps():
        script = step.get("run", "").replace("\\\n", " ")
        for line in script.splitlines():
            _, found, rest = line.partition("python -m stackyard ")
            if not found:
                continue
            lexer = shlex.shlex(rest, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words: list[str] = []
            for word in lexer:
                if word in ENDS:
                    break
                words.append(word)
            yield where, words


def parse(words: list[str]) -> str:
    """The name of the command that takes the words; fails as the command line would."""
    command, rest = get_command(app), list(words)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]  # type: ignore[attr-defined]  # of a group
    # Variables of the shell stand for a number as well as for a name.
    command.make_context("stackyard", ["1" if word.startswith("$") else word for word in rest])
    return str(command.name)


COMMANDS = list(commands())


def test_the_commands_are_found() -> None:
    assert {words[0] for _, words in COMMANDS} == {
        "comment", "drift", "graph", "image", "issue", "local", "pr", "report", "smoke", "up",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "words"), COMMANDS, ids=[f"{where} {' '.join(words)}" for where, words in COMMANDS]
)
def test_a_command_exists_with_its_words(where: str, words: list[str]) -> None:
    assert parse(words), where


@pytest.mark.parametrize(
    "words",
    [
        ["up"],
        ["up", "prod", "staging"],
        ["up", "prod", "--plann", "report"],
        ["report", "prod", "--accept", "everything"],
        ["pr", "up", "twelve"],
    ],
)
def test_a_word_that_no_command_takes_would_be_seen(words: list[str]) -> None:
    with pytest.raises(Exception, match=r".") as told:
        parse(words)

    assert type(told.value).__name__ in {
        "MissingParameter", "UsageError", "NoSuchOption", "BadParameter",
    }  # fmt: skip


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {name for _, step in steps() for name in MAKE.findall(step.get("run", ""))}

    assert called == {"check", "test", "up", "down", "setup"}
    assert called <= targets


def test_every_file_that_a_workflow_calls_exists() -> None:
    called = [step["uses"] for _, step in steps() if step.get("uses", "").startswith("$/")]
    called.append(read(ROOT / ".github/workflows/deploy.yml")["jobs"]["image"]["uses"])

    assert [path for path in called if not (ROOT / path.removeprefix("$/")).exists()] == []
