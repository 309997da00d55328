"""One comment and one issue a key: found again by a mark in their text, and renewed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.errors import SettingsFaultError
from stackyard.github.api import Repository

LIMIT_CHARACTERS = 65_536
"""Of a comment and of an issue; more is refused by GitHub as a whole."""
_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
_WRITERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""Who may change a comment of anybody's anyway."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A comment or issue as it stands now."""

    url: str
    done: str
    """`made`, `renewed`, `is as it was` or `closed`."""


def comment(repository: Repository, number: int, key: str, text: str) -> Kept:
    """Put `text` into the comment that has the key on a pull request; made where there is none.

    Raises `StackyardError`.
    """
    body = _marked(key, text)
    path = f"issues/{number}/comments"
    for found in _own(repository.get_all(path), key):
        return _renewed(repository, f"issues/comments/{found['id']}", found, {"body": body})
    return _now(repository.post(path, {"body": body}), "made")


def issue(repository: Repository, key: str, title: str, text: str) -> Kept:
    """Put `text` into the open issue that has the key; made where there is none.

    Raises `StackyardError`.
    """
    content = {"title": title, "body": _marked(key, text)}
    for found in _own_issues(repository, key):
        return _renewed(repository, f"issues/{found['number']}", found, content)
    return _now(repository.post("issues", content), "made")


def close(repository: Repository, key: str, because: str) -> list[Kept]:
    """Close every open issue that has the key, with a comment that says why; none is no error.

    Raises `StackyardError`.
    """
    closed: list[Kept] = []
    for found in _own_issues(repository, key):
        path = f"issues/{found['number']}"
        repository.post(f"{path}/comments", {"body": because})
        ended = repository.patch(path, {"state": "closed", "state_reason": "completed"})
        closed.append(_now(ended, "closed"))
    return closed


def _own_issues(repository: Repository, key: str) -> list[Mapping[str, Any]]:
    # Pull requests are in GitHub's list of issues too.
    found = repository.get_all("issues?state=open&sort=created&direction=asc")
    return list(_own((each for each in found if "pull_request" not in each), key))


def _own(found: Iterator[Mapping[str, Any]], key: str) -> Iterator[Mapping[str, Any]]:
    """Those that begin with the mark, oldest first, but for what a stranger wrote to catch it."""
    for each in found:
        author: Mapping[str, Any] = each.get("user") or {}
        ours = author.get("type") == "Bot" or each.get("author_association") in _WRITERS
        if ours and str(each.get("body") or "").startswith(_mark(key)):
            yield each


def _renewed(
    repository: Repository, path: str, found: Mapping[str, Any], content: Mapping[str, str]
) -> Kept:
    # GitHub may give line ends back as those of a web form.
    if all(_lines(found.get(name)) == _lines(value) for name, value in content.items()):
        return _now(found, "is as it was")
    return _now(repository.patch(path, content), "renewed")


def _now(found: Mapping[str, Any], done: str) -> Kept:
    return Kept(url=str(found["html_url"]), done=done)


def _lines(text: object) -> list[str]:
    return str(text or "").rstrip().splitlines()


def _marked(key: str, text: str) -> str:
    body = f"{_mark(key)}\n{text}"
    if len(body) > LIMIT_CHARACTERS:
        raise SettingsFaultError(
            f"the text has {len(body)} characters; GitHub takes {LIMIT_CHARACTERS}"
        )
    return body


def _mark(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise SettingsFaultError(
            f"--key {key!r}: is no key; write small letters, digits and hyphens: report-prod"
        )
    return f"<!-- stackyard {key} -->"
