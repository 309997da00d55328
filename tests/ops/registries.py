"""A registry on loopback, the reference one; a gate before it that refuses as ECR does."""

import asyncio
import hashlib
import io
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from stackyard.local.packages import executable
from stackyard.ops.oci_layout import INDEX, MANIFEST
from stackyard.ops.registry import Repository
from tests.local.background import background

HOST, NAME, LOGIN = "127.0.0.1", "stackyard/api", "Basic QVdTOnNlY3JldA=="
START_SECONDS = 20.0
_CONFIG = """\
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {folder}}}
  delete: {{enabled: true}}
http: {{addr: "{host}:{port}", secret: of-the-test}}
"""

Answer = Callable[[web.Request], web.Response | None]
"""What the gate answers to a request; None: the registry does."""


@dataclass
class Gate:
    """What came, and what is answered in the registry's place."""

    port: int
    upstream: int
    seen: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Method and path, in order."""
    answer: Answer = lambda _: None
    cut: int = 0
    """This many uploads yet are cut off after their first bytes."""
    lost: int = 0
    """This many answers to manifests yet do not come back; the registry has taken them."""

    @property
    def repository(self) -> Repository:
        return Repository(endpoint=f"http://{HOST}:{self.port}", name=NAME, authorization=LOGIN)

    def count(self, method: str, part: str = "") -> int:
        return sum(one == method and part in path for one, path in self.seen)

    def refuse(self, method: str, part: str, status: int, code: str, message: str) -> None:
        """Answer such requests with an error of the registry API, from now on."""

        def answer(request: web.Request) -> web.Response | None:
            if request.method != method or part not in request.path:
                return None
            body = {"errors": [{"code": code, "message": message}]}
            return web.json_response(body, status=status)

        self.answer = answer

    def get(self, path: str) -> tuple[int, bytes]:
        """What the registry has, asked behind the gate."""

        async def ask() -> tuple[int, bytes]:
            url = f"http://{HOST}:{self.upstream}/v2/{NAME}/{path}"
            headers = {"Accept": f"{MANIFEST}, {INDEX}"}
            async with aiohttp.request("GET", url, headers=headers) as got:
                return got.status, await got.read()

        return asyncio.run(ask())

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path))
        if request.headers.get("Authorization") != LOGIN:
            return web.json_response({"errors": [{"code": "UNAUTHORIZED"}]}, status=401)
        refused = self.answer(request)
        if refused is not None:
            return refused
        if request.method == "PUT" and "/uploads/" in request.path and self.cut:
            self.cut -= 1
            await request.content.readany()
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if request.method != "PUT" or "/manifests/" not in request.path:
            return await self._pass(request)
        if "sha256:" not in request.path and await self._is_there(request):
            # As ECR does, whatever the tag means: aws/containers-roadmap#2380.
            error = {"code": "TAG_INVALID", "message": "The image tag already exists"}
            return web.json_response({"errors": [error]}, status=400)
        answer = await self._pass(request)
        if self.lost:
            self.lost -= 1
            assert request.transport is not None
            request.transport.abort()
        return answer

    async def _is_there(self, request: web.Request) -> bool:
        url = f"http://{HOST}:{self.upstream}{request.path}"
        async with aiohttp.request("HEAD", url, headers={"Accept": f"{MANIFEST}, {INDEX}"}) as got:
            return got.status == 200

    async def _pass(self, request: web.Request) -> web.Response:
        url = f"http://{HOST}:{self.upstream}{request.raw_path}"
        async with aiohttp.request(
            request.method,
            URL(url, encoded=True),
            headers={k: v for k, v in request.headers.items() if k != "Transfer-Encoding"},
            data=io.BytesIO(await request.read()),
            allow_redirects=False,
        ) as got:
            kept = {k: v for k, v in got.headers.items() if k != "Transfer-Encoding"}
            return web.Response(status=got.status, headers=kept, body=await got.read())


@contextmanager
def registry(folder: Path) -> Iterator[Gate]:
    """An empty registry behind its gate."""
    port = _free_port()
    config = folder / "registry.yml"
    config.write_text(_CONFIG.format(folder=folder / "registry", host=HOST, port=port))
    process = subprocess.Popen(
        [str(executable("docker-registry")), "serve", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_listens(port, process)
        with background() as loop:
            gate = Gate(port=_free_port(), upstream=port)
            runner = loop.run(_serving(gate))
            yield gate
            loop.run(runner.cleanup())
    finally:
        process.terminate()
        process.wait()


async def _serving(gate: Gate) -> web.AppRunner:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", gate.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, gate.port).start()
    return runner


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return free.getsockname()[1]


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the registry does not listen (exit code {process.poll()})")


def layout(folder: Path, *architectures: str, layers: Sequence[bytes] = (b"one", b"two")) -> Path:
    """An image layout of that architecture; an index of images where there are several."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    images = [_image(folder, architecture, layers) for architecture in architectures]
    if len(images) > 1:
        images = [_document(folder, INDEX, {"manifests": images})]
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": images}))
    return folder


def _image(folder: Path, architecture: str, layers: Sequence[bytes]) -> dict[str, Any]:
    config = json.dumps({"os": "linux", "architecture": architecture}).encode()
    kind = "application/vnd.oci.image.layer.v1.tar"
    described = [_blob(folder, kind, layer) for layer in (*layers, architecture.encode())]
    about = _blob(folder, "application/vnd.oci.image.config.v1+json", config)
    return _document(folder, MANIFEST, {"config": about, "layers": described})


def _document(folder: Path, media_type: str, content: dict[str, Any]) -> dict[str, Any]:
    document = {"schemaVersion": 2, "mediaType": media_type, **content}
    return _blob(folder, media_type, json.dumps(document).encode())


def _blob(folder: Path, media_type: str, content: bytes) -> dict[str, Any]:
    name = hashlib.sha256(content).hexdigest()
    (folder / "blobs" / "sha256" / name).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(content)}
