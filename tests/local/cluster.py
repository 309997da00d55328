"""A real control plane with the node on a slot of its own, and images made by the test."""

import asyncio
import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Self

from stackyard.local import binaries
from stackyard.local.certificates import make_authority
from stackyard.local.control_plane import ControlPlane
from stackyard.local.image_build import digest_of, folder_contents
from stackyard.local.layout import Layout
from stackyard.local.node import Node
from stackyard.local.node_groups import GroupsSeen
from stackyard.local.node_inputs import NodeInputs
from stackyard.local.node_objects import NodeGroup
from stackyard.local.secrets import Secrets, make_secrets
from tests.local.slots import free_slot

TINY = """
import http.server, os, signal, sys, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/burn":
            end = time.process_time() + 0.2
            while time.process_time() < end:
                pass
        self.send_response(200 if self.path in {"/health", "/burn"} else 404)
        self.end_headers()
        self.wfile.write(os.environ.get("GREETING", "hello").encode())

    def log_message(self, *words):
        pass

def end(number, frame):
    print("told to end", flush=True)
    threading.Thread(target=server.shutdown).start()

server = http.server.ThreadingHTTPServer((os.environ["HOST"], 5000), Handler)
signal.signal(signal.SIGTERM, end)
print("serving", os.environ["HOST"], flush=True)
server.serve_forever()
print("ended well", flush=True)
"""
ASSOCIATION = {
    "clusterName": "main",
    "namespace": "default",
    "serviceAccount": "migrator",
    "roleArn": "arn:aws:iam::123456789012:role/migrator",
}
GROUPS = [
    NodeGroup(
        name="default",
        cluster="main",
        zones=("us-east-1a", "us-east-1b"),
        labels={"role": "app"},
        ami_type="AL2023_ARM_64_STANDARD",
    )
]


class Cluster:
    """The running cluster as a test reaches it."""

    def __init__(self, layout: Layout, secrets: Secrets) -> None:
        self.layout = layout
        self.secrets = secrets
        self.image = make_image(layout, {"src/tiny.py": TINY})
        self._kubectl = binaries.found().paths["kubectl"]
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        self._up = threading.Event()
        self._failed: BaseException | None = None
        self._node: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._up.wait(90) or self._failed:
            self.__exit__()
            raise RuntimeError(f"no cluster: {self._failed!r}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def kubectl(self, *words: str, text: str | None = None, fails: bool = False) -> str:
        done = subprocess.run(
            [self._kubectl, f"--kubeconfig={self.layout.kubeconfig}", *words],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode and not fails:
            raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout if not fails else done.stderr

    def apply(self, *objects: dict[str, Any]) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "-f", "-", text=json.dumps(listed))

    def get(self, *words: str) -> dict[str, Any]:
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def until(self, found: Callable[[], Any], *, seconds: float = 30) -> Any:
        """The first true answer. Raises `AssertionError` after so many seconds."""
        end = time.monotonic() + seconds
        while not (answer := found()):
            if time.monotonic() > end:
                raise AssertionError(f"not so after {seconds} s")
            time.sleep(0.1)
        return answer

    def pod(self, name: str) -> dict[str, Any]:
        return self.get("pod", name)

    def reason(self, name: str) -> str:
        """Why the pod's only container waits or ended."""
        statuses = self.pod(name).get("status", {}).get("containerStatuses") or [{}]
        state = statuses[0].get("state", {})
        return next((str(told.get("reason")) for told in state.values()), "")

    def messages(self, name: str, reason: str) -> list[str]:
        """Messages of the events of that reason on a pod."""
        selector = f"involvedObject.name={name},reason={reason}"
        return [e["message"] for e in self.get("events", "--field-selector", selector)["items"]]

    def restart_node(self) -> None:
        """End the node as the supervisor does, and start another."""
        self._on_loop(self._end_node())
        self._on_loop(self._start_node())

    def change_groups(self, groups: list[NodeGroup]) -> None:
        """Let the node see other node groups."""
        self._on_loop(self._seen(groups))

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001  # told by the test's own thread
            self._failed = error
            self._up.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        plane = ControlPlane(self.layout, self.secrets, binaries.found())
        try:
            await plane.start()
            self._kube = plane.kube
            await self._start_node()
            self._up.set()
            await self._stop.wait()
        finally:
            await self._end_node()
            await plane.stop()

    async def _start_node(self) -> None:
        inputs = NodeInputs(follow_groups=self._follow, associations=_one_association)
        node = Node(self.layout, self.secrets, self._kube, inputs)
        self._node = asyncio.create_task(node.run())
        ready = asyncio.create_task(node.ready.wait())
        await asyncio.wait({self._node, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._node.done():
            await self._node

    async def _end_node(self) -> None:
        if self._node is not None:
            self._node.cancel()
            await asyncio.wait({self._node})

    async def _follow(self, seen: GroupsSeen) -> None:
        self._seen = seen
        await seen(GROUPS)
        await asyncio.Event().wait()


@contextlib.contextmanager
def running_cluster(root: Path) -> Iterator[Cluster]:
    """The cluster on a slot where nothing answers and that no other test has taken."""
    with free_slot(root) as layout:
        make_authority(layout)
        with Cluster(layout, make_secrets(layout)) as cluster:
            yield cluster


def make_image(layout: Layout, files: dict[str, str], **config: object) -> str:
    """An image of these files; the reference by which pods name it."""
    layout.images.mkdir(parents=True, exist_ok=True)
    made = layout.images / "unfinished"
    given = {
        "Entrypoint": ["python", "-m", "tiny"],
        "Env": ["PYTHONPATH=/app/src", "PYTHONUNBUFFERED=1"],
        "WorkingDir": "/app",
        **config,
    }
    for name, text in {**files, "config.json": json.dumps({"config": given})}.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    digest = digest_of(folder_contents(made))
    made.rename(layout.images / digest)
    return f"stackyard.local/api@sha256:{digest}"


async def _one_association() -> list[dict[str, Any]]:
    return [ASSOCIATION]
