"""EKS Pod Identity: which service accounts have a role, and what credentials their pods get."""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from stackyard.local.kube_client import KubeClient
from stackyard.local.kube_json import child, words
from stackyard.local.layout import POD_IDENTITY_PORT, Layout
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject

AUDIENCE = "pods.eks.amazonaws.com"
CREDENTIALS_PATH = "/v1/credentials"
"""Plain HTTP on loopback, as the EKS agent's link-local address is; every call shows a token."""
TOKEN_SECONDS = 86400
CREDENTIALS_HOURS = 6
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_ACCOUNT_PREFIX = "system:serviceaccount:"


ListAssociations = Callable[[], Awaitable[list[JsonObject]]]
"""All Pod Identity associations that the embedded EKS holds, with Pulumi's property names."""


def find_association(
    associations: Iterable[JsonObject], namespace: str, account: str
) -> JsonObject | None:
    """The association of a service account, if it has one."""
    wanted = (namespace, account)
    return next(
        (a for a in associations if (a.get("namespace"), a.get("serviceAccount")) == wanted), None
    )


def service_account(review: JsonObject) -> tuple[str, str] | None:
    """Namespace and name of the service account that a token review vouches for."""
    status = child(review, "status")
    user = str(child(status, "user").get("username") or "")
    if not status.get("authenticated") or AUDIENCE not in words(status, "audiences"):
        return None
    namespace, _, name = user.removeprefix(_ACCOUNT_PREFIX).partition(":")
    return (namespace, name) if user.startswith(_ACCOUNT_PREFIX) and name else None


class CredentialsEndpoint:
    """What the EKS Pod Identity agent serves on each node."""

    def __init__(
        self, layout: Layout, secrets: Secrets, kube: KubeClient, associations: ListAssociations
    ) -> None:
        self._layout = layout
        self._secrets = secrets
        self._kube = kube
        self._associations = associations
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Serve from now on."""
        app = web.Application()
        app.router.add_get(CREDENTIALS_PATH, self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._layout.control, POD_IDENTITY_PORT).start()

    async def stop(self) -> None:
        """Serve no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "")
        account = service_account(await self._review(token)) if token else None
        if account is None:
            return _refusal(401, "InvalidTokenException", "the pod's token is not valid")
        association = find_association(await self._associations(), *account)
        if association is None:
            name = "/".join(account)
            return _refusal(
                404, "ResourceNotFoundException", f"service account {name} has no association"
            )
        until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=CREDENTIALS_HOURS)
        return web.json_response(
            {
                "AccessKeyId": self._secrets.access_key_id,
                "SecretAccessKey": self._secrets.secret_access_key,
                # The embedded AWS knows one key; a session token is what SDKs insist on.
                "Token": "local",
                "AccountId": str(association.get("roleArn", ":::::")).split(":")[4],
                "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )

    async def _review(self, token: str) -> JsonObject:
        _, answer = await self._kube.request(
            "POST",
            "/apis/authentication.k8s.io/v1/tokenreviews",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenReview",
                "spec": {"token": token, "audiences": [AUDIENCE]},
            },
        )
        return answer


def _refusal(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)
