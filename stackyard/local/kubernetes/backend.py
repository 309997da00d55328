"""The kubernetes package over a real API server: auto-names, dry runs, waits, Helm releases."""

import hashlib
from dataclasses import dataclass

from stackyard.errors import StackyardError
from stackyard.local.backend import NotReadyError
from stackyard.local.kube_json import child
from stackyard.local.kubernetes.await_ready import WaitError
from stackyard.local.kubernetes.drift import imported_inputs, inputs_now
from stackyard.local.kubernetes.helm import RELEASE, Releases
from stackyard.local.kubernetes.kinds import UnknownKindError
from stackyard.local.kubernetes.kubeconfig import connection_of
from stackyard.local.kubernetes.objects import Objects, name_of, without_managed_fields
from stackyard.local.kubernetes.replacements import (
    AUTONAMED,
    REPLACE_UNREADY,
    replaced_properties,
    replaces_unready,
    takes_same_name,
)
from stackyard.local.kubernetes.rest import ApiError, KubeApi, UnreachableError
from stackyard.local.properties import UNKNOWN, has_unknown, secret
from stackyard.local.wire import JsonObject, NotFoundError

VERSION = "4.34.2"
"""pulumi-kubernetes, whose behaviour this follows."""

_GIVEN_BY_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation")


@dataclass(frozen=True, kw_only=True)
class _Options:
    namespace: str | None
    mutable: frozenset[str]
    """Of ConfigMap and Secret, those whose data may change in place."""


class KubernetesBackend:
    """Resources of one provider instance; `token` stands in for the kubeconfig's exec plugin."""

    package = "kubernetes"
    version = VERSION

    def __init__(self, token: str) -> None:
        self._token = token
        self._options = _Options(namespace=None, mutable=frozenset())
        self._connected: tuple[Objects, Releases] | None = None

    def configured(self, args: JsonObject) -> "KubernetesBackend":
        """The backend of the cluster that the provider's `kubeconfig` names."""
        backend = KubernetesBackend(self._token)
        mutable = {
            kind for kind in ("ConfigMap", "Secret") if _true(args.get(f"enable{kind}Mutable"))
        }
        backend._options = _Options(namespace=args.get("namespace"), mutable=frozenset(mutable))
        if args.get("kubeconfig"):
            connection = connection_of(args["kubeconfig"])
            token = connection.token or self._token
            api = KubeApi(connection.server, token, connection.certificate_authority)
            objects = Objects(api)
            backend._connected = objects, Releases(objects)
        return backend

    @property
    def _objects(self) -> Objects:
        return self._connection[0]

    @property
    def _releases(self) -> Releases:
        return self._connection[1]

    @property
    def _connection(self) -> tuple[Objects, Releases]:
        if self._connected is None:
            raise StackyardError(
                "this kubernetes provider has no kubeconfig; make a kubernetes.Provider with the "
                "cluster's and pass it as the resource option `provider`"
            )
        return self._connected

    def cancel(self) -> None:
        """End the waits."""
        if self._connected is not None:
            self._objects.waits.cancel()

    def check(
        self, token: str, name: str, olds: JsonObject, news: JsonObject, seed: bytes
    ) -> tuple[JsonObject, list[tuple[str, str]]]:
        """Auto-name, the provider's namespace, refusals that need no server."""
        suffix = hashlib.sha256(seed or name.encode()).hexdigest()[:8]
        if token == RELEASE:
            return self._releases.check(f"{name}-{suffix}", olds, news)
        if news.get("metadata") == UNKNOWN:
            return news, []
        metadata = dict(child(news, "metadata"))
        if metadata.get("generateName") and not metadata.get("name"):
            why = "has no meaning in server-side apply; leave it out for an automatic name"
            return news, [("metadata.generateName", why)]
        _auto_name(metadata, child(olds, "metadata"), f"{name}-{suffix}")
        inputs = {**news, "metadata": metadata}
        if self._options.namespace and not metadata.get("namespace") and self._namespaced(inputs):
            metadata["namespace"] = self._options.namespace
        return inputs, []

    def _namespaced(self, inputs: JsonObject) -> bool:
        try:
            return self._objects.kind_of(inputs).namespaced
        except (UnknownKindError, UnreachableError):
            return True

    def replaces(self, token: str, olds: JsonObject, news: JsonObject) -> set[str]:
        """By pulumi-kubernetes' list."""
        if token == RELEASE:
            return {"name", "namespace"}
        return replaced_properties(olds, news, mutable=set(self._options.mutable))

    def spoilt(self, token: str, olds: JsonObject, news: JsonObject) -> str | None:
        """The annotation that replaces a Job which is not complete; of no other kind."""
        if token == RELEASE or self._connected is None or not replaces_unready(news):
            return None
        try:
            ready = self._objects.is_ready(olds)
        except (StackyardError, LookupError):
            # As pulumi-kubernetes: an object that cannot be read is not judged.
            return None
        return None if ready else f'metadata.annotations["{REPLACE_UNREADY}"]'

    def deletes_first(self, token: str, olds: JsonObject, news: JsonObject) -> bool:
        """An object whose name the program gives cannot stand beside its successor."""
        return token != RELEASE and takes_same_name(olds, news)

    def preview(self, token: str, olds: JsonObject | None, news: JsonObject) -> JsonObject:
        """The answer of a dry run; the inputs where the server cannot judge them yet."""
        if token == RELEASE:
            return self._releases.preview(olds, news)
        if has_unknown(news):
            return news
        try:
            if olds is None:
                outputs = self._objects.dry_run_anew(news)
            else:
                outputs = self._objects.dry_run(news, force=False)
        except (UnknownKindError, UnreachableError):
            return news
        except ApiError as error:
            if not error.namespace_missing:
                raise
            self._judge_without_namespace(news)
            return news
        return _secret_data(_as_preview(without_managed_fields(outputs), new=olds is None))

    def _judge_without_namespace(self, news: JsonObject) -> None:
        # The namespace comes with this very update; `default` judges the fields as well.
        elsewhere = {**news["metadata"], "namespace": "default"}
        self._objects.dry_run_anew({**news, "metadata": elsewhere})

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        """Apply what must not be there yet, and wait until it is ready."""
        del name
        if token == RELEASE:
            return self._releases.install(inputs, timeout=timeout)
        applied = self._objects.create(inputs)
        return name_of(applied["metadata"]), self._awaited(inputs, applied, timeout)

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        """Apply; what is no longer declared goes away, since it was this field manager's."""
        del olds
        if token == RELEASE:
            return self._releases.upgrade(id_, news, timeout=timeout)
        return self._awaited(news, self._objects.update(news), timeout)

    def _awaited(self, inputs: JsonObject, applied: JsonObject, timeout: float) -> JsonObject:
        try:
            return _secret_data(self._objects.ready(applied, timeout=timeout))
        except WaitError as error:
            raise NotReadyError(
                str(error),
                id_=name_of(applied["metadata"]),
                outputs=_secret_data(self._objects.newest(applied)),
                inputs=inputs,
            ) from error

    def read(self, token: str, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        """The live object, and the inputs with what was changed behind them."""
        if token == RELEASE:
            return self._releases.read(id_, inputs)
        manifest = inputs or _manifest_of(token, id_)
        try:
            live = without_managed_fields(self._objects.live(manifest))
        except UnknownKindError as error:
            # Its definition is gone, and the objects with it.
            raise NotFoundError(str(error)) from error
        found = inputs_now(inputs, self._applied(inputs), live) if inputs else imported_inputs(live)
        return found, _secret_data(live)

    def _applied(self, inputs: JsonObject) -> JsonObject | None:
        try:
            return self._objects.dry_run(inputs, force=True)
        except (ApiError, StackyardError):
            # Changed in a way that cannot be changed back in place: compare the values themselves.
            return None

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        """Delete in the foreground, and wait until it is gone."""
        if token == RELEASE:
            self._releases.uninstall(id_)
            return
        try:
            self._objects.delete(inputs or _manifest_of(token, id_), timeout=timeout)
        except UnknownKindError as error:
            raise NotFoundError(str(error)) from error

    def invoke(self, token: str, args: JsonObject) -> JsonObject:
        """No function of the package is stood in for."""
        del args
        raise StackyardError(
            f"{token} is not part of the embedded cloud; declare the objects as resources"
        )


def _auto_name(metadata: JsonObject, olds: JsonObject, fresh: str) -> None:
    """Give a nameless object the name it has, or a fresh one, and say so in an annotation."""
    if metadata.get("name"):
        return
    was_automatic = child(olds, "annotations").get(AUTONAMED) == "true"
    metadata["name"] = olds["name"] if was_automatic else fresh
    if metadata.get("annotations") != UNKNOWN:
        metadata["annotations"] = {**child(metadata, "annotations"), AUTONAMED: "true"}


def _manifest_of(token: str, id_: str) -> JsonObject:
    """`kubernetes:apps/v1:Deployment` and `shop/api`; the core group is called `core/v1`."""
    _, api_version, kind = token.split(":")
    namespace, _, name = id_.rpartition("/")
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": api_version.removeprefix("core/"),
        "kind": kind,
        "metadata": metadata,
    }


def _as_preview(outputs: JsonObject, *, new: bool) -> JsonObject:
    """A dry run's answer without what the server would choose anew at the real run."""
    metadata = dict(outputs["metadata"])
    for key in _GIVEN_BY_SERVER if new else ("resourceVersion", "generation"):
        metadata[key] = UNKNOWN
    shown = {**outputs, "metadata": metadata}
    shown.pop("status", None)
    if new and outputs.get("kind") == "Service" and child(outputs, "spec").get("clusterIP"):
        shown["spec"] = {**outputs["spec"], "clusterIP": UNKNOWN, "clusterIPs": [UNKNOWN]}
    return shown


def _secret_data(outputs: JsonObject) -> JsonObject:
    """A Secret's data is a secret, whatever the program thinks of it."""
    if outputs.get("kind") != "Secret":
        return outputs
    hidden = ("data", "stringData")
    return {k: secret(v) if k in hidden and v else v for k, v in outputs.items()}


def _true(value: object) -> bool:
    return value in (True, "true")
