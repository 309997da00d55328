"""GitHub's REST API as far as pipelines need it: JSON, page by page, errors with their way out."""

import http.client
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from stackyard.errors import SettingsFaultError, StackyardError

API = "https://api.github.com"
API_VERSION = "2022-11-28"
TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
TIMEOUT_SECONDS = 30
PAUSES_SECONDS = (1, 4)
"""Between tries, where GitHub fails and asking again does no harm."""
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_NEXT = re.compile(r'<([^>]+)>; rel="next"')
_AGAIN = frozenset({"GET", "PATCH"})
"""Twice is as once; a second POST would be a second comment."""


class _NoRedirects(HTTPRedirectHandler):
    """A token goes to the address that was named, and to no other."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_OPENER = build_opener(_NoRedirects)


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository on GitHub and the right to write there."""

    api: str
    """Address of the API, without a slash at its end."""
    name: str
    """`owner/name`."""
    token: str = field(repr=False)

    def get_all(self, path: str) -> Iterator[Mapping[str, Any]]:
        """Every object of a list, page by page."""
        mark = "&" if "?" in path else "?"
        address: str | None = f"{self._address(path)}{mark}per_page=100"
        while address is not None:
            answer, links = self._ask("GET", address)
            yield from answer
            following = _NEXT.search(links)
            address = following[1] if following else None

    def post(self, path: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make something; what was made."""
        return self._ask("POST", self._address(path), content)[0]

    def patch(self, path: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change something; what it is now."""
        return self._ask("PATCH", self._address(path), content)[0]

    def _address(self, path: str) -> str:
        return f"{self.api}/repos/{self.name}/{path}"

    def _ask(
        self, method: str, address: str, content: Mapping[str, Any] | None = None
    ) -> tuple[Any, str]:
        """The answer's JSON and its links."""
        if not address.startswith(f"{self.api}/"):
            raise StackyardError(f"{self.api} names {address}, which is not its own; nothing sent")
        request = Request(  # noqa: S310  # the address is checked when the repository is made
            address,
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "stackyard",
                "X-GitHub-Api-Version": API_VERSION,
            },
        )
        pauses = iter(PAUSES_SECONDS if method in _AGAIN else ())
        while True:
            try:
                return _answer(request)
            except (OSError, http.client.HTTPException) as problem:
                pause = next(pauses, None) if _may_pass(problem) else None
                if pause is None:
                    raise StackyardError(_refusal(problem, method, address)) from problem
            time.sleep(pause)


def repository_of(variables: Mapping[str, str]) -> Repository:
    """The repository that a workflow's environment names (GITHUB_REPOSITORY, GITHUB_API_URL).

    Raises `SettingsFaultError` for what is missing or cannot be.
    """
    name = variables.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(name):
        raise SettingsFaultError(
            f"GITHUB_REPOSITORY: is {name!r}; set it to <owner>/<name>, as GitHub Actions does"
        )
    token = next((variables[each] for each in TOKENS if variables.get(each)), "")
    if not token:
        raise SettingsFaultError(
            "no token: in a workflow, write env: GH_TOKEN: ${{ github.token }};"
            " on your machine: GH_TOKEN=$(gh auth token)"
        )
    api = variables.get("GITHUB_API_URL") or API
    if not api.startswith(("https://", "http://127.0.0.1:")):
        raise SettingsFaultError(f"GITHUB_API_URL: is {api!r}; a token is sent over https:// alone")
    return Repository(api=api.rstrip("/"), name=name, token=token)


def _answer(request: Request) -> tuple[Any, str]:
    with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
        body: bytes = answer.read()
        links = str(answer.headers.get("Link") or "")
    try:
        return json.loads(body), links
    except ValueError as problem:
        raise StackyardError(f"{request.full_url}: answers no JSON: {problem}") from problem


def _may_pass(problem: Exception) -> bool:
    """Whether it is GitHub or the network that failed, not what was asked."""
    return not isinstance(problem, HTTPError) or problem.code >= http.client.INTERNAL_SERVER_ERROR


def _refusal(problem: Exception, method: str, address: str) -> str:
    if not isinstance(problem, HTTPError):
        return f"GitHub is not reached: {method} {address}: {problem}"
    said = _message(problem)
    if problem.code == http.client.UNAUTHORIZED:
        return f"GitHub does not take the token: {said}"
    way = (
        ". The job needs permissions: pull-requests: write for a comment, issues: write for an"
        " issue; a pull request from a fork has neither"
        if problem.code in (http.client.FORBIDDEN, http.client.NOT_FOUND)
        else ""
    )
    return f"GitHub refuses {method} {address}: {problem.code} {said}{way}"


def _message(problem: HTTPError) -> str:
    """What the answer's JSON says, else its reason."""
    try:
        said: Any = json.loads(problem.read())
    except (OSError, ValueError):
        return str(problem.reason)
    return str(said.get("message", problem.reason)) if isinstance(said, dict) else str(said)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # JSON
