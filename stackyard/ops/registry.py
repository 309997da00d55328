"""An image pushed to a registry by the OCI distribution API: no daemon, no root, no other program.

skopeo and buildah would do it too, but they are Debian's alone, and of what goes wrong they give a
log line; here the registry's own code decides, and progress is told in bytes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from stackyard.errors import StackyardError
from stackyard.ops.oci_layout import Blob, Manifest

AT_ONCE = 4
"""Blobs under way."""
WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before a request is made again that the network or the registry failed."""
PIECE = 1 << 20
"""Bytes read and sent at a time."""
TAKEN = "TAG_INVALID"
"""What ECR says of a tag of an immutable repository that is given (containers-roadmap#2380)."""
_THERE = {200, 302, 307}
"""To the question for a blob: a registry that keeps blobs elsewhere says where."""
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
_AGAIN = {408, 429, 500, 502, 503, 504}
_BROKEN = (aiohttp.ClientError, ConnectionError, TimeoutError)

OnProgress = Callable[[int, int], None]
"""Is told the bytes that are there, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Where images of one name are, and the login of this hour."""

    endpoint: str
    """https://host"""
    name: str
    authorization: str = field(repr=False)
    """The header's value."""

    @property
    def uri(self) -> str:
        """As image references begin."""
        return f"{self.endpoint.partition('://')[2]}/{self.name}"


class RegistryError(StackyardError):
    """The registry refused, or cannot be reached."""


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    code: str
    message: str


def push(image: Manifest, repository: Repository, tag: str, *, on_progress: OnProgress) -> int:
    """Bring an image into a repository under a tag; how many bytes had to be sent.

    What is there already is not sent again, so a push that was cut off goes on. Raises
    `RegistryError` in a line.
    """
    return asyncio.run(_push(image, repository, tag, on_progress))


async def _push(image: Manifest, repository: Repository, tag: str, on_progress: OnProgress) -> int:
    # The proxies of the environment, as the AWS SDK beside it takes them.
    async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session:
        pushing = _Pushing(session, repository, image, on_progress)
        there = await pushing.digest_of(tag)
        if there == image.digest:
            return 0
        if there:
            raise RegistryError(_taken(repository, tag, there))
        await pushing.blobs()
        for manifest in image.all_manifests():
            await pushing.manifest(manifest, tag if manifest is image else manifest.digest)
        return pushing.sent


class _Pushing:
    """One image on its way."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        repository: Repository,
        image: Manifest,
        on_progress: OnProgress,
    ) -> None:
        self.sent = 0
        self._session, self._repository, self._on_progress = session, repository, on_progress
        self._base = URL(f"{repository.endpoint}/v2/{repository.name}/")
        self._blobs = image.all_blobs()
        self._there = dict.fromkeys(self._blobs, 0)
        """Bytes the registry has, by digest."""
        self._places = asyncio.Semaphore(AT_ONCE)

    async def digest_of(self, tag: str) -> str:
        """The digest that a tag means; empty where it means none."""
        answer = await self._ask("HEAD", self._base / "manifests" / tag, _accept())
        if answer.status == 404:
            return ""
        self._expect(answer, 200)
        return answer.headers.get("Docker-Content-Digest", "")

    async def blobs(self) -> None:
        """All that the registry lacks, some at a time; the first that fails ends the others."""
        try:
            async with asyncio.TaskGroup() as group:
                for blob in self._blobs.values():
                    group.create_task(self._bring(blob))
        except* RegistryError as problems:
            raise problems.exceptions[0] from None

    async def manifest(self, manifest: Manifest, reference: str) -> None:
        """Put a manifest under a tag or its digest."""
        headers = {"Content-Type": manifest.media_type}
        url = self._base / "manifests" / reference
        answer = await self._ask("PUT", url, headers, lambda: manifest.content)
        # ECR refuses a taken tag even for the same image: an answer that was lost, or another push.
        if answer.code == TAKEN and await self.digest_of(reference) == manifest.digest:
            return
        self._expect(answer, 201)
        told = answer.headers.get("Docker-Content-Digest", manifest.digest)
        if told != manifest.digest:
            raise RegistryError(f"{self._repository.uri} took {manifest.digest} for {told}")

    async def _bring(self, blob: Blob) -> None:
        async with self._places:
            answer = await self._ask("HEAD", self._base / "blobs" / blob.digest)
            if answer.status == 404:
                self._expect(await self._again(lambda: self._upload(blob)), 201)
                self.sent += blob.size
            elif answer.status not in _THERE:
                self._expect(answer, 200)
            self._tell(blob, blob.size)

    async def _upload(self, blob: Blob) -> _Answer:
        """Begin an upload and send all of the blob: one that broke off is begun anew."""
        begun = await self._once("POST", self._base / "blobs" / "uploads/")
        if begun.status != 202:
            return begun
        place = self._base.join(URL(begun.headers["Location"], encoded=True))
        joined = "&" if place.raw_query_string else "?"
        url = URL(f"{place}{joined}digest={blob.digest}", encoded=True)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(blob.size),
        }
        return await self._once("PUT", url, headers, self._pieces(blob))

    async def _pieces(self, blob: Blob) -> AsyncIterator[bytes]:
        read = 0
        with blob.path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
                read += len(piece)
                self._tell(blob, read)

    def _tell(self, blob: Blob, size: int) -> None:
        self._there[blob.digest] = size
        total = sum(each.size for each in self._blobs.values())
        self._on_progress(sum(self._there.values()), total)

    async def _ask(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], bytes] | None = None,
    ) -> _Answer:
        return await self._again(lambda: self._once(method, url, headers, body and body()))

    async def _again(self, request: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """A request, again after a while where network or registry fail."""
        for wait in WAITS:
            with suppress(*_BROKEN):
                answer = await request()
                if answer.status not in _AGAIN:
                    return answer
            await asyncio.sleep(wait)
        try:
            return await request()
        except _BROKEN as problem:
            raise RegistryError(self._unreached(problem)) from problem

    async def _once(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] | None = None,
    ) -> _Answer:
        # The login is for the registry: an upload may be sent to another host.
        own = url.origin() == self._base.origin()
        login = {"Authorization": self._repository.authorization} if own else {}
        async with self._session.request(
            method, url, headers={**login, **(headers or {})}, data=body, allow_redirects=False
        ) as response:
            code, message = ("", "") if response.status < 400 else await _refusal(response)
            return _Answer(
                status=response.status, headers=response.headers, code=code, message=message
            )

    def _expect(self, answer: _Answer, status: int) -> None:
        if answer.status != status:
            raise RegistryError(_refused(self._repository, answer))

    def _unreached(self, problem: Exception) -> str:
        said = str(problem) or type(problem).__name__
        return (
            f"{self._repository.uri} is not reached: {said}; what was pushed stays there: run the"
            " same command again"
        )


async def _refusal(response: aiohttp.ClientResponse) -> tuple[str, str]:
    """Code and message of the first error in a registry's answer."""
    try:
        document: dict[str, Any] = await response.json(content_type=None)
        error: dict[str, Any] = document["errors"][0]
        return str(error.get("code", "")), " ".join(str(error.get("message", "")).split())
    except (ValueError, LookupError, TypeError):
        return "", ""


def _refused(repository: Repository, answer: _Answer) -> str:
    uri, says = repository.uri, f": {answer.message}" if answer.message else ""
    if answer.status in {401, 403}:
        return f"{uri}: these credentials may not push{says}; the rights stand in docs/image.md"
    if answer.code == "NAME_UNKNOWN":
        return f"{uri}: there is no such repository; make it: pulumi -C bootstrap up"
    if answer.code == TAKEN:
        return (
            f"{uri}: the tag is taken{says}; it was given by hand: delete that tag"
            " (aws ecr batch-delete-image), then run the same command again"
        )
    if answer.status in _AGAIN:
        return f"{uri}: the registry fails ({answer.status}{says}); run the same command again"
    return f"{uri}: the registry refuses ({answer.status} {answer.code}{says})"


def _taken(repository: Repository, tag: str, there: str) -> str:
    return (
        f"{repository.uri}: the tag {tag} is taken by {there}; it was given by hand: delete that"
        " tag (aws ecr batch-delete-image), then run the same command again"
    )


def _accept() -> dict[str, str]:
    kinds = ("vnd.oci.image.manifest.v1", "vnd.oci.image.index.v1")
    docker = ("manifest.v2", "manifest.list.v2")
    return {
        "Accept": ", ".join(
            [
                *(f"application/{kind}+json" for kind in kinds),
                *(f"application/vnd.docker.distribution.{kind}+json" for kind in docker),
            ]
        )
    }
