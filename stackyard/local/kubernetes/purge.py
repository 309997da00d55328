"""What the deletion of the cluster does to all that was in it: gone at once, nothing drains."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from stackyard.errors import StackyardError
from stackyard.local.kubernetes.helm import MANAGER as HELM
from stackyard.local.kubernetes.kinds import Kind, Kinds
from stackyard.local.kubernetes.objects import MANAGED_BY, MANAGER, name_of
from stackyard.local.kubernetes.pods import selector
from stackyard.local.kubernetes.rest import ApiError, KubeApi
from stackyard.local.layout import Layout
from stackyard.local.secrets import read_secrets
from stackyard.local.wire import JsonObject

TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.1
WORKERS = 16

_OURS = f"{MANAGED_BY} in ({MANAGER},{HELM})"
_DEFINITION = "CustomResourceDefinition"
_AT_ONCE: JsonObject = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}

T = TypeVar("T")
R = TypeVar("R")
_Found = tuple[Kind, JsonObject]


def purge_slot(layout: Layout) -> list[str]:
    """Empty the slot's cluster of what stacks made. Raises `UnreachableError` if it is down."""
    authority = layout.certificate_authority.read_text(encoding="utf-8")
    return purge(KubeApi(layout.kube_endpoint, read_secrets(layout).kube_token, authority))


def purge(api: KubeApi, *, timeout: float = TIMEOUT_SECONDS) -> list[str]:
    """Delete every object that a stack or a chart made, pods without grace, namespaces whole.

    Returns what was labelled, `Kind namespace/name`. Raises `StackyardError` if something is
    left after `timeout` seconds.
    """
    return _Purge(api, timeout).run()


class _Purge:
    """One run: the kinds as they are at its start."""

    def __init__(self, api: KubeApi, timeout: float) -> None:
        self._api = api
        self._end, self._timeout = time.monotonic() + timeout, timeout
        self._kinds = [k for k in Kinds(api).all() if {"list", "delete"} <= k.verbs]

    def run(self) -> list[str]:
        found = [pair for pairs in _all(self._ours, self._kinds) for pair in pairs]
        # Namespaces first, since nothing can be made anew in one that is going; definitions last:
        # one that still has objects keeps its finalizer for 5 s.
        for last in (False, True):
            turn = [pair for pair in found if (pair[0].name == _DEFINITION) == last]
            namespaces = [pair for pair in turn if pair[0].name == "Namespace"]
            _all(self._delete, namespaces)
            _all(self._delete, [pair for pair in turn if pair not in namespaces])
            self._until_gone(turn, [item["metadata"]["name"] for _, item in namespaces])
        return sorted(f"{kind.name} {name_of(item['metadata'])}" for kind, item in found)

    def _until_gone(self, left: list[_Found], namespaces: list[str]) -> None:
        while left := self._left(left):
            if time.monotonic() >= self._end:
                names = ", ".join(f"{k.name} {name_of(i['metadata'])}" for k, i in left[:5])
                raise StackyardError(
                    f"{len(left)} objects of the cluster are still there after "
                    f"{self._timeout:g} s: {names}; look for controllers that make them anew"
                )
            for namespace in namespaces:
                self._empty(namespace)
            _all(self._release, left)
            time.sleep(POLL_SECONDS)

    def _ours(self, kind: Kind) -> list[_Found]:
        return [(kind, i) for i in self._api.items(kind.collection(), labelSelector=_OURS)]

    def _left(self, found: list[_Found]) -> list[_Found]:
        """Of these, the very objects that are still there, as they are now."""

        def now(pair: _Found) -> list[_Found]:
            kind, item = pair
            live = self._api.find(kind.path(item["metadata"]))
            same = live is not None and live["metadata"]["uid"] == item["metadata"]["uid"]
            return [(kind, live)] if live is not None and same else []

        return [pair for pairs in _all(now, found) for pair in pairs]

    def _delete(self, found: _Found) -> None:
        kind, item = found
        with suppress_missing():
            self._api.call("DELETE", kind.path(item["metadata"]), _AT_ONCE)
        chosen = selector(item) if kind.api_version.startswith(("apps/", "batch/")) else ""
        if chosen:
            path = f"/api/v1/namespaces/{item['metadata']['namespace']}/pods"
            self._api.call("DELETE", path, _AT_ONCE, query={"labelSelector": chosen})

    def _empty(self, namespace: str) -> None:
        """Everything in a namespace that is going, whoever made it."""

        def of_kind(kind: Kind) -> list[_Found]:
            listed = self._api.items(kind.collection(namespace))
            if listed and "deletecollection" in kind.verbs:
                self._api.call("DELETE", kind.collection(namespace), _AT_ONCE)
            return [(kind, item) for item in listed]

        inside = [k for k in self._kinds if k.namespaced]
        with suppress_missing():
            held = [pair for pairs in _all(of_kind, inside) for pair in pairs]
            _all(self._release, held)

    def _release(self, found: _Found) -> None:
        """Take off the finalizers: the controllers behind them went with the cluster."""
        kind, item = found
        path = kind.path(item["metadata"])
        with suppress_missing():
            if kind.name == "Namespace":
                empty: JsonObject = {**item, "spec": {}}
                self._api.call("PUT", f"{path}/finalize", empty)
                # The first deletion only marked it.
                self._api.call("DELETE", path)
            elif item["metadata"].get("finalizers") and kind.name != _DEFINITION:
                body: JsonObject = {"metadata": {"finalizers": None}}
                headers = {"Content-Type": "application/merge-patch+json"}
                self._api.call("PATCH", path, body, headers=headers)


class suppress_missing(suppress):  # noqa: N801  used as `suppress` is
    """`ApiError`s that say that the object is gone or was changed meanwhile."""

    def __init__(self) -> None:
        super().__init__(ApiError)

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        return isinstance(error, ApiError) and error.status in (404, 409)


def _all(call: Callable[[T], R], items: Iterable[T]) -> list[R]:
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="purge") as pool:
        return list(pool.map(call, items))
