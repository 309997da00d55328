"""Objects of one cluster: server-side apply, dry run, delete, each until it is done."""

import copy
import secrets

from stackyard.errors import StackyardError
from stackyard.local.kube_json import child
from stackyard.local.kubernetes.await_ready import SKIP, WaitError, Waits, seconds_of
from stackyard.local.kubernetes.kinds import Kind, Kinds
from stackyard.local.kubernetes.rest import APPLY, ApiError, KubeApi
from stackyard.local.wire import JsonObject, NotFoundError

FIELD_MANAGER = "pulumi-kubernetes"
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "pulumi"
"""Label of all that this provider makes; the cluster's deletion goes by it."""

PATCH_FORCE = "pulumi.com/patchForce"
PROPAGATION = "pulumi.com/deletionPropagationPolicy"

_INTERNAL = ("__inputs", "__initialApiVersion", "__fieldManager")


class Objects:
    """The objects of one API server; what it refuses is raised as `ApiError`."""

    def __init__(self, api: KubeApi) -> None:
        self.api = api
        self.kinds = Kinds(api)
        self.waits = Waits(api)

    def kind_of(self, manifest: JsonObject) -> Kind:
        """Raises `UnknownKindError`."""
        return self.kinds.of(str(manifest.get("apiVersion")), str(manifest.get("kind")))

    def live(self, manifest: JsonObject) -> JsonObject:
        """The object of that kind and name. Raises `NotFoundError`."""
        kind = self.kind_of(manifest)
        found = self.api.find(kind.path(manifest["metadata"]))
        if found is None:
            raise NotFoundError(f"{kind.name} {name_of(manifest['metadata'])} is not there")
        return found

    def create(self, manifest: JsonObject, *, manager: str = MANAGER) -> JsonObject:
        """Apply an object that must not be there yet."""
        kind = self.kind_of(manifest)
        if self.api.find(kind.path(manifest["metadata"])) is not None:
            raise StackyardError(
                f'{kind.name} "{name_of(manifest["metadata"])}" already exists and is not in '
                "this stack's state; import it (resource option import_) or delete it"
            )
        return self.apply(_labelled(manifest, manager))

    def update(self, manifest: JsonObject) -> JsonObject:
        """Apply an object that must be there."""
        try:
            found = self.live(manifest)
        except NotFoundError as error:
            raise StackyardError(f"{error}; run pulumi refresh to let the state know") from error
        kept = child(found, "metadata", "labels").get(MANAGED_BY)
        return self.apply(_labelled(manifest, kept) if kept else manifest)

    def dry_run(self, manifest: JsonObject, *, force: bool) -> JsonObject:
        """What applying would give, defaults and all; nothing is stored."""
        return self.apply(manifest, dry_run=True, force=force)

    def dry_run_anew(self, manifest: JsonObject) -> JsonObject:
        """What creating would give, even where the name is taken by what is to be replaced."""
        try:
            return self.dry_run(manifest, force=True)
        except ApiError as error:
            if error.status != 422 or "immutable" not in str(error):
                raise
        metadata = manifest["metadata"]
        other = {**metadata, "name": f"{metadata['name'][:50]}-{secrets.token_hex(3)}"}
        answer = self.dry_run({**manifest, "metadata": other}, force=True)
        answer["metadata"]["name"] = metadata["name"]
        return answer

    def apply(
        self, manifest: JsonObject, *, dry_run: bool = False, force: bool | None = None
    ) -> JsonObject:
        """Server-side apply with strict field validation.

        Fields that another manager set are a conflict, unless `force` or the annotation says so.
        """
        kind = self.kind_of(manifest)
        annotated = child(manifest, "metadata", "annotations").get(PATCH_FORCE) == "true"
        query = {
            "fieldManager": FIELD_MANAGER,
            "fieldValidation": "Strict",
            "force": str(annotated if force is None else force).lower(),
        }
        if dry_run:
            query["dryRun"] = "All"
        body = {key: value for key, value in manifest.items() if key not in (*_INTERNAL, "status")}
        path = kind.path(manifest["metadata"])
        try:
            answer = self.api.call(
                "PATCH", path, body, query=query, headers={"Content-Type": APPLY}
            )
        except ApiError as error:
            if error.status != 409:
                raise
            raise StackyardError(
                f"{error}; someone else set these fields: take them over with the annotation "
                f'{PATCH_FORCE}: "true", or leave them out of the program'
            ) from error
        return without_managed_fields(answer)

    def delete(self, manifest: JsonObject, *, timeout: float) -> None:
        """Delete in the foreground and wait until it is gone. Raises `NotFoundError`."""
        kind, found = self.kind_of(manifest), self.live(manifest)
        annotations = child(manifest, "metadata", "annotations")
        policy = str(annotations.get(PROPAGATION) or "Foreground").capitalize()
        try:
            self.api.call("DELETE", kind.path(found["metadata"]), {"propagationPolicy": policy})
        except ApiError as error:
            if error.status == 404:
                raise NotFoundError(str(error)) from error
            raise
        if annotations.get(SKIP) != "true":
            self.waits.gone(kind, found, timeout=seconds_of(annotations, timeout))

    def ready(self, applied: JsonObject, *, timeout: float) -> JsonObject:
        """The object once it is ready. Raises `WaitError`."""
        return without_managed_fields(
            self.waits.ready(self.kind_of(applied), applied, timeout=timeout)
        )

    def is_ready(self, manifest: JsonObject) -> bool:
        """Whether the object, as it is now, is ready. Raises `NotFoundError`."""
        return self.waits.is_ready(self.kind_of(manifest), self.live(manifest))

    def newest(self, applied: JsonObject) -> JsonObject:
        """The object as it is now, or as it was applied if it is gone."""
        try:
            return without_managed_fields(self.live(applied))
        except (NotFoundError, WaitError):
            return applied


def name_of(metadata: JsonObject) -> str:
    """`namespace/name`, the id of a namespaced object; `name` of another."""
    return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))


def without_managed_fields(found: JsonObject) -> JsonObject:
    """The object without its field managers: bookkeeping, and the longest part of it."""
    metadata = {k: v for k, v in found["metadata"].items() if k != "managedFields"}
    return {**found, "metadata": metadata}


def _labelled(manifest: JsonObject, manager: str) -> JsonObject:
    labelled = copy.deepcopy(manifest)
    labels: JsonObject = labelled["metadata"].setdefault("labels", {})
    labels.setdefault(MANAGED_BY, manager)
    return labelled
