"""GitHub's REST API in small, on this machine: comments and issues of one repository.

Shapes, status codes and paging are those of GitHub's "REST API endpoints for issues", "… for issue
comments" and "Using pagination in the REST API".
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stackyard.github.api import Repository

NAME, TOKEN = "octo-org/shop", "ghs_of_a_test"
BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}
MOST_CHARACTERS = 65_536
Json = dict[str, Any]


@dataclass
class GitHub:
    """What the repository holds, and how the server misbehaves."""

    address: str = ""
    comments: list[Json] = field(default_factory=list)
    issues: list[Json] = field(default_factory=list)
    writes: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of what changed something."""
    failures: list[int] = field(default_factory=list)
    """Codes of the answers that come before a good one; 0 breaks the connection off."""
    may_write: bool = True
    moved_to: str | None = None
    """Where all of it is said to be now."""
    next_page: str | None = None
    """Where the next page is said to be, if not on this server."""

    @property
    def repository(self) -> Repository:
        return Repository(api=self.address, name=NAME, token=TOKEN)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a workflow's step."""
        return {"GITHUB_API_URL": self.address, "GITHUB_REPOSITORY": NAME, "GH_TOKEN": TOKEN}

    def comment(self, number: int, body: str, *, by: Json = BOT, as_a: str = "NONE") -> Json:
        """Somebody's comment on an issue or a pull request."""
        made: Json = {
            "id": 1000 + len(self.comments),
            "html_url": f"https://github.com/{NAME}/pull/{number}#issuecomment-{len(self.comments)}",
            "issue_url": f"{self.address}/repos/{NAME}/issues/{number}",
            "user": by,
            "author_association": as_a,
            "body": body,
        }
        self.comments.append(made)
        return made

    def issue(self, title: str, body: str | None, *, by: Json = BOT, as_a: str = "NONE") -> Json:
        """Somebody's issue."""
        number = 1 + len(self.issues)
        made: Json = {
            "id": 2000 + number,
            "number": number,
            "html_url": f"https://github.com/{NAME}/issues/{number}",
            "user": by,
            "author_association": as_a,
            "title": title,
            "body": body,
            "state": "open",
            "state_reason": None,
        }
        self.issues.append(made)
        return made


@contextmanager
def github() -> Iterator[GitHub]:
    """The server while it runs."""
    held = GitHub()

    class Handler(_Handler):
        hub = held

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: GitHub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing."""

    def do_GET(self) -> None:  # the name that http.server calls
        self._answer()

    def do_POST(self) -> None:  # as above
        self._answer()

    def do_PATCH(self) -> None:  # as above
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        given: Json = json.loads(self.rfile.read(length) or b"{}")
        if self.hub.failures:
            code = self.hub.failures.pop(0)
            if code == 0:
                self.close_connection = True
                return
            self._say(code, {"message": f"it failed with {code}"})
            return
        if self.hub.moved_to:
            moved = {"Location": f"{self.hub.moved_to}{self.path}"}
            self._say(301, {"message": "Moved Permanently"}, moved)
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._refuse(401, "Bad credentials")
            return
        assert self.headers["Accept"] == "application/vnd.github+json"
        assert self.headers["X-GitHub-Api-Version"] == "2022-11-28"
        self._routed(urlsplit(self.path), given)

    def _routed(self, url: Any, given: Json) -> None:
        path = url.path.removeprefix(f"/repos/{NAME}/")
        if self.command == "GET":
            self._list(url, path)
            return
        if not self.hub.may_write:
            self._refuse(403, "Resource not accessible by integration")
            return
        self.hub.writes.append((self.command, path))
        if len(given.get("body") or "") > MOST_CHARACTERS:
            self._refuse(422, "Validation Failed")
        elif self.command == "POST":
            self._make(path, given)
        else:
            self._change(path, given)

    def _list(self, url: Any, path: str) -> None:
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        of = re.fullmatch(r"issues/(\d+)/comments", path)
        if of:
            found = [c for c in self.hub.comments if c["issue_url"].endswith(f"/{of[1]}")]
        elif path == "issues":
            found = [i for i in self.hub.issues if i["state"] == query.get("state", "open")]
            # GitHub's default is the newest first.
            if query.get("direction") != "asc":
                found.reverse()
        else:
            self._refuse(404, "Not Found")
            return
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        links = {}
        if len(found) > page * size:
            following = f"{self.hub.address}{url.path}?per_page={size}&page={page + 1}"
            following += "".join(f"&{k}={v}" for k, v in query.items() if "page" not in k)
            target = self.hub.next_page or following
            links = {"Link": f'<{target}>; rel="next", <{following}>; rel="last"'}
        self._say(200, found[(page - 1) * size : page * size], links)

    def _make(self, path: str, given: Json) -> None:
        of = re.fullmatch(r"issues/(\d+)/comments", path)
        made = (
            self.hub.comment(int(of[1]), given["body"])
            if of
            else self.hub.issue(given["title"], given["body"])
        )
        self._say(201, made)

    def _change(self, path: str, given: Json) -> None:
        kind, _, key = path.rpartition("/")
        held, name = (
            (self.hub.comments, "id") if kind == "issues/comments" else (self.hub.issues, "number")
        )
        found = [each for each in held if each[name] == int(key)]
        if not found:
            self._refuse(404, "Not Found")
            return
        found[0].update(given)
        self._say(200, found[0])

    def _refuse(self, code: int, message: str) -> None:
        page = "https://docs.github.com/rest"
        self._say(code, {"message": message, "documentation_url": page, "status": str(code)})

    def _say(self, code: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
