"""The `aws` package behind Pulumi's provider protocol."""

import json
from collections.abc import Callable
from typing import Any

from stackyard.errors import AccountFaultError
from stackyard.local.aws import invokes, sdk
from stackyard.local.aws.cloud import Cloud
from stackyard.local.aws.connection import Access, Clients, Connection, in_process_clients
from stackyard.local.aws.inputs import DEFAULTS, check, name_property
from stackyard.local.aws.kept import KINDS
from stackyard.local.aws.names import as_object, trim, whole
from stackyard.local.aws.replacements import force_new, replacing
from stackyard.local.aws.spec import Spec
from stackyard.local.aws.table import TABLE
from stackyard.local.layout import Layout
from stackyard.local.properties import UNKNOWN
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject

REGION = "us-east-1"
CLUSTER = "aws:eks/cluster:Cluster"


class AwsBackend:
    """One provider configuration: region, default tags, the account it may touch."""

    package = "aws"
    version = "7.51.1"

    def __init__(
        self,
        clients: Clients,
        *,
        region: str = REGION,
        default_tags: dict[str, str] | None = None,
        on_cluster_deleted: Callable[[str], None] | None = None,
    ) -> None:
        self.cloud = Cloud(
            Connection(clients=clients, region=region, default_tags=default_tags or {})
        )
        self._on_cluster_deleted = on_cluster_deleted

    @classmethod
    def of(
        cls,
        layout: Layout,
        secrets: Secrets,
        *,
        on_cluster_deleted: Callable[[str], None] | None = None,
    ) -> "AwsBackend":
        """The backend over a slot's moto process.

        Unless told otherwise, deleting the EKS cluster empties the slot's Kubernetes.
        """

        def purge(_name: str) -> None:
            from stackyard.local.kubernetes.purge import purge_slot  # noqa: PLC0415  # rarely used

            purge_slot(layout)

        access = Access(
            endpoint=layout.aws_endpoint,
            access_key_id=secrets.access_key_id,
            secret_access_key=secrets.secret_access_key,
        )
        return cls(Clients(access), on_cluster_deleted=on_cluster_deleted or purge)

    @classmethod
    def in_process(cls, *, on_cluster_deleted: Callable[[str], None] | None = None) -> "AwsBackend":
        """The backend over moto in this process; only inside `mock_aws()`."""
        from stackyard.local.aws.repairs import repair_moto  # noqa: PLC0415  # imports moto

        repair_moto()
        return cls(in_process_clients(), on_cluster_deleted=on_cluster_deleted)

    def configured(self, args: JsonObject) -> "AwsBackend":
        """The backend of one provider resource. Raises `AccountFaultError` for another account."""
        tags = as_object(_decoded(args.get("defaultTags")))
        backend = AwsBackend(
            self.cloud.aws.clients,
            region=str(args.get("region") or self.cloud.aws.region),
            default_tags=whole(as_object(tags.get("tags"))),
            on_cluster_deleted=self._on_cluster_deleted,
        )
        allowed: list[str] = _decoded(args.get("allowedAccountIds")) or []
        forbidden: list[str] = _decoded(args.get("forbiddenAccountIds")) or []
        if allowed or forbidden:
            backend.require_account(allowed, forbidden)
        return backend

    def require_account(self, allowed: list[str], forbidden: list[str]) -> None:
        """Raise `AccountFaultError` unless the credentials belong to an allowed account."""
        account = invokes.caller_identity(self.cloud.aws, {})["accountId"]
        if (allowed and account not in allowed) or account in forbidden:
            raise AccountFaultError(
                f"AWS account ID not allowed: {account}; the provider allows"
                f" {', '.join(allowed) or 'any but ' + ', '.join(forbidden)}."
                " Use credentials of that account, or change env.accountId of the stack"
            )

    def check(
        self, token: str, name: str, olds: JsonObject, news: JsonObject, seed: bytes
    ) -> tuple[JsonObject, list[tuple[str, str]]]:
        """Inputs with auto-names and defaults; refusals as (property, reason)."""
        return check(token, _naming(token), name, olds, news, seed)

    def replaces(self, token: str, olds: JsonObject, news: JsonObject) -> set[str]:
        """Top-level properties whose change forces a replacement."""
        return replacing(token, olds, news)

    def deletes_first(self, token: str, olds: JsonObject, news: JsonObject) -> bool:
        """Whether a replacement would meet its old self: a name or identity that inputs fix."""
        kind = KINDS.get(token)
        if kind and kind.id(olds) == kind.id(news) and not kind.name:
            return True
        name = name_property(token, _naming(token))
        given = bool(name) and name not in (news.get(DEFAULTS) or ())
        return given and olds.get(name) == news.get(name)

    def preview(self, token: str, olds: JsonObject | None, news: JsonObject) -> JsonObject:
        """What is known before the cloud is asked: inputs, tags, the old outputs of an update."""
        declared = sdk.describe(token)
        out: JsonObject = {**(olds or {}), **_sent(news)}
        if "tagsAll" in declared.outputs:
            out["tagsAll"] = {**self.cloud.aws.default_tags, **as_object(news.get("tags"))}
        if "region" in declared.outputs:
            out.setdefault("region", self.cloud.aws.region)
        spec = TABLE.get(token)
        if olds is not None and spec:
            out |= dict.fromkeys(spec.fresh, UNKNOWN)
        return out

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        """Make the object; the embedded AWS answers at once, whatever the timeout."""
        del timeout
        return self.cloud.create(token, name, _sent(inputs))

    def read(self, token: str, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        """(inputs, outputs) as the cloud has them. Raises `NotFoundError`."""
        given: JsonObject = whole(inputs)
        outputs = self.cloud.read(token, id_, _sent(inputs))
        known = sdk.describe(token).inputs
        if given:
            return trim(given, {**given, **outputs}), outputs
        # What replaces must be as the program says it; the rest is the program's to change.
        replaces, _ = force_new(token)
        imported = {k: v for k, v in outputs.items() if k in known & replaces and v}
        # The provider's own region is no choice of the resource: a program would not name it.
        if imported.get("region") == self.cloud.aws.region:
            del imported["region"]
        property_ = name_property(token, _naming(token))
        if property_:
            imported.setdefault(property_, id_.rsplit(":", 1)[-1].rsplit("/", 1)[-1])
        return imported, outputs

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        """Change the object in place."""
        del timeout
        return self.cloud.update(token, id_, _sent(olds), _sent(news))

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        """End the object. Raises AWS's refusals; an EKS cluster takes what runs in it along."""
        del timeout
        self.cloud.delete(token, id_, _sent(inputs))
        if token == CLUSTER and self._on_cluster_deleted:
            self._on_cluster_deleted(id_)

    def invoke(self, token: str, args: JsonObject) -> JsonObject:
        """Call a function of the provider."""
        return invokes.invoke(self.cloud.aws, token, whole(args))


def _naming(token: str) -> Spec | None:
    """The row that says how the type is named; types of the store name themselves alike."""
    if token in TABLE or token not in KINDS:
        return TABLE.get(token)
    return Spec(
        pulumi_type=token, service="s3", create="", name=KINDS[token].name,
        lower_name=token.startswith("aws:elasticache/"), name_limit=128,
    )  # fmt: skip


def _sent(inputs: JsonObject) -> JsonObject:
    """Inputs as the cloud takes them: whole numbers, without the provider's own note."""
    return {k: whole(v) for k, v in inputs.items() if k != DEFAULTS}


def _decoded(value: Any) -> Any:
    """A provider's argument: the engine writes what is no string as JSON text."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
