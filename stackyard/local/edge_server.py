"""The server of one distribution: TLS, cache behaviours, S3 and HTTP origins, streamed bodies.

It caches GET responses of behaviours with a caching policy by path, in memory, as long as their own
Cache-Control says; CloudFront's minimum and default lifetimes, compression, functions, the web ACL
and HTTP/2 are not played. Only TLS is spoken, so every viewer protocol policy holds.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, replace

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from stackyard.local.certificates import issue
from stackyard.local.edge_cache import OBJECT_BYTES, EdgeCache, fresh_seconds
from stackyard.local.edge_plan import Behaviour, Distribution
from stackyard.local.edge_requests import (
    S3_ANSWERS,
    S3_ASKS,
    forwarded_headers,
    kept_headers,
    object_url,
    s3_headers,
    via,
)
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets

READ_SECONDS, CONNECT_SECONDS = 30.0, 10.0
"""CloudFront's defaults for an origin's response and connection."""
KEEPALIVE_SECONDS = 25.0
"""Below the load balancer's idle time, so that the edge closes a connection first."""
STOP_SECONDS = 5.0
_CHUNK_BYTES = 64 * 1024
_MISS, _HIT, _ERROR = (f"{word} from cloudfront" for word in ("Miss", "Hit", "Error"))
_NO_AUTO_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_ACCESS_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


@dataclass(frozen=True, kw_only=True)
class _Fetched:
    """An answer on its way to the viewer."""

    status: int
    headers: CIMultiDict[str]
    body: bytes | aiohttp.ClientResponse
    x_cache: str = _MISS


class EdgeServer:
    """Serves one distribution on its address; the distribution may be exchanged while it runs."""

    def __init__(self, layout: Layout, secrets: Secrets, served: Distribution) -> None:
        self._layout = layout
        self._secrets = secrets
        self._served = served
        self._cache = EdgeCache()
        self._client: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    @property
    def served(self) -> Distribution:
        """What is served now."""
        return self._served

    def serve(self, changed: Distribution) -> None:
        """Serve this from now on; what is cached goes, as after an invalidation."""
        if changed != self._served:
            self._served = changed
            self._cache.clear()

    async def start(self) -> None:
        """Listen. Raises `OSError` when the address is taken."""
        address = self._served.address
        name = f"edge-{address.rpartition('.')[2]}"
        pair = await asyncio.to_thread(issue, self._layout, name, addresses=[address])
        security = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        security.load_cert_chain(pair.certificate, pair.key)
        security.set_alpn_protocols(["http/1.1"])
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_SECONDS),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
            ),
            # Bodies pass as they are, and no header is made up on the way.
            auto_decompress=False,
            skip_auto_headers=_NO_AUTO_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            application, access_log=None, auto_decompress=False, shutdown_timeout=STOP_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, address, self._served.port, ssl_context=security).start()

    async def stop(self) -> None:
        """Stop listening; requests under way have a moment to end."""
        runner, self._runner = self._runner, None
        client, self._client = self._client, None
        if runner is not None:
            await runner.cleanup()
        if client is not None:
            await client.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
        behaviour = self._served.behaviour(path)
        if request.method not in behaviour.methods:
            said = f"{path} takes {', '.join(sorted(behaviour.methods))}, not {request.method}"
            return await self._send(request, behaviour, _own_error(403, said), None)
        path = self._served.object_path(path)
        cache_key = path if _may_cache(request, behaviour) else None
        fetched = self._cached(cache_key)
        if fetched is None:
            fetched = await self._fetch(request, behaviour, path, query)
        page = self._served.error_pages.get(fetched.status)
        if page is not None and request.method in {"GET", "HEAD"}:
            instead = await self._fetch(request, self._served.behaviour(page.path), page.path, "")
            if instead.status == 200:
                _release(fetched)
                fetched = replace(instead, status=page.status)
            else:
                _release(instead)
        return await self._send(request, behaviour, fetched, cache_key)

    def _cached(self, key: str | None) -> _Fetched | None:
        found = self._cache.get(key) if key is not None else None
        if found is None:
            return None
        headers = CIMultiDict([*found.headers, ("Age", str(self._cache.age(found)))])
        return _Fetched(status=200, headers=headers, body=found.body, x_cache=_HIT)

    async def _fetch(
        self, request: web.Request, behaviour: Behaviour, path: str, query: str
    ) -> _Fetched:
        """The origin's answer, or our own words where there is none."""
        domain = behaviour.origin.domain
        try:
            if behaviour.origin.bucket is not None:
                return await self._fetch_object(request, behaviour, path)
            return await self._fetch_over_http(request, behaviour, path, query)
        except TimeoutError:
            return _own_error(504, f"origin {domain} did not answer in time")
        except aiohttp.ClientError as fault:
            return _own_error(502, f"origin {domain} can't be reached ({type(fault).__name__})")

    async def _fetch_object(
        self, request: web.Request, behaviour: Behaviour, path: str
    ) -> _Fetched:
        access = behaviour.origin.access
        if not access.reads or request.method not in {"GET", "HEAD"}:
            return _access_denied()
        url = object_url(self._layout.aws_endpoint, behaviour.origin, path)
        headers = s3_headers(request, url, self._secrets)
        answer = await self._session().request(
            request.method, URL(url, encoded=True), headers=headers
        )
        if answer.status == 404 and not access.lists:
            answer.release()
            return _access_denied()
        names = [name for name in S3_ANSWERS if name in answer.headers]
        kept = CIMultiDict((name, answer.headers[name]) for name in names)
        return _Fetched(status=answer.status, headers=kept, body=answer)

    async def _fetch_over_http(
        self, request: web.Request, behaviour: Behaviour, path: str, query: str
    ) -> _Fetched:
        url = f"http://{behaviour.origin.domain}{behaviour.origin.path}{path}"
        if query and behaviour.forwards_viewer:
            url += f"?{query}"
        answer = await self._session().request(
            request.method,
            URL(url, encoded=True),
            headers=forwarded_headers(request, behaviour),
            data=request.content if request.body_exists else None,
            allow_redirects=False,
        )
        headers = kept_headers(CIMultiDict(answer.headers))
        return _Fetched(status=answer.status, headers=headers, body=answer)

    async def _send(
        self,
        request: web.Request,
        behaviour: Behaviour,
        fetched: _Fetched,
        cache_key: str | None,
    ) -> web.StreamResponse:
        headers = fetched.headers.copy()
        hops = headers.popall("Via", [])
        headers["Via"] = ", ".join([*hops, via(request.host)])
        headers["X-Cache"] = _ERROR if fetched.status >= 400 else fetched.x_cache
        headers.setdefault("Server", "CloudFront")
        for name, value in behaviour.headers.items():
            headers[name] = value
        if isinstance(fetched.body, bytes):
            return web.Response(status=fetched.status, headers=headers, body=fetched.body)
        async with fetched.body as answer:
            response = web.StreamResponse(status=fetched.status, headers=headers)
            try:
                await response.prepare(request)
                whole = await _relay(request, answer, response)
                await response.write_eof()
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                # The status is on its way: all that is left is to end the connection half-way.
                if request.transport is not None:
                    request.transport.abort()
                return response
            if cache_key is not None and fetched.status == 200 and whole is not None:
                seconds = fresh_seconds(fetched.headers.get("Cache-Control", ""))
                kept = tuple(fetched.headers.items())
                self._cache.put(cache_key, kept, whole, seconds=seconds)
            return response

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            raise RuntimeError("the edge server is not started")
        return self._client


def _may_cache(request: web.Request, behaviour: Behaviour) -> bool:
    return (
        behaviour.caches
        and request.method == "GET"
        and not any(name in request.headers for name in S3_ASKS)
    )


async def _relay(
    request: web.Request, answer: aiohttp.ClientResponse, response: web.StreamResponse
) -> bytes | None:
    """Stream the origin's body to the viewer; returns it when it is small enough to be kept."""
    if request.method == "HEAD":
        return None
    parts: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        await response.write(chunk)
        size += len(chunk)
        if size <= OBJECT_BYTES:
            parts.append(chunk)
    return b"".join(parts) if size <= OBJECT_BYTES else None


def _own_error(status: int, said: str) -> _Fetched:
    headers = CIMultiDict({"Content-Type": "text/plain; charset=utf-8"})
    return _Fetched(status=status, headers=headers, body=f"{status}: {said}\n".encode())


def _access_denied() -> _Fetched:
    """What S3 says to who may not read, and of what is not there to who may not list."""
    headers = CIMultiDict({"Content-Type": "application/xml"})
    return _Fetched(status=403, headers=headers, body=_ACCESS_DENIED)


def _release(fetched: _Fetched) -> None:
    if isinstance(fetched.body, aiohttp.ClientResponse):
        fetched.body.release()
