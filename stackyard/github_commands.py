"""`stackyard comment` and `stackyard issue`: thin commands over `stackyard.github`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.errors import SettingsFaultError

if TYPE_CHECKING:
    from stackyard.github.kept import Kept

Key = Annotated[str, typer.Option(help="What it is found again by: report-prod, drift-prod.")]
Body = Annotated[Path, typer.Option(metavar="FILE", help="Its text, as Markdown.")]


def add_to(app: typer.Typer) -> None:
    """Make them commands of the application."""
    app.command(name="comment")(_comment)
    issue = typer.Typer(no_args_is_help=True)
    issue.callback()(_issue)
    issue.command(name="open")(_open)
    issue.command(name="close")(_close)
    app.add_typer(issue, name="issue")


def _comment(
    number: Annotated[int, typer.Argument(min=1, help="The pull request's.")],
    *,
    key: Key,
    body: Body,
    otherwise: Annotated[
        str | None, typer.Option(help="The text where there is no such file.")
    ] = None,
) -> None:
    """Keep one comment on a pull request current: renewed where it is, made where it is not.

    The repository and the token come from GITHUB_REPOSITORY and GH_TOKEN, as in GitHub Actions.
    """
    from stackyard.github.api import repository_of  # noqa: PLC0415  # commands start fast
    from stackyard.github.kept import comment  # noqa: PLC0415

    _say(comment(repository_of(os.environ), number, key, _text(body, otherwise)))


def _issue() -> None:
    """One issue a key, open while there is something to say."""


def _open(
    *,
    key: Key,
    title: Annotated[str, typer.Option(help="Its title.")],
    body: Body,
) -> None:
    """Keep one issue current: renewed where one is open, made where none is."""
    from stackyard.github.api import repository_of  # noqa: PLC0415  # commands start fast
    from stackyard.github.kept import issue  # noqa: PLC0415

    _say(issue(repository_of(os.environ), key, title, _text(body, None)))


def _close(
    *,
    key: Key,
    because: Annotated[str, typer.Option(help="Its last comment.")],
) -> None:
    """Close the issue, if one is open."""
    from stackyard.github.api import repository_of  # noqa: PLC0415  # commands start fast
    from stackyard.github.kept import close  # noqa: PLC0415

    for kept in close(repository_of(os.environ), key, because):
        _say(kept)


def _text(file: Path, otherwise: str | None) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as problem:
        if otherwise is not None:
            return otherwise
        raise SettingsFaultError(f"--body {file}: there is no such file") from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsFaultError(f"--body {file}: cannot be read: {problem}") from problem


def _say(kept: "Kept") -> None:
    sys.stdout.write(f"{kept.url} {kept.done}\n")
