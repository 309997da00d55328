"""One secret from AWS Secrets Manager: one request, signed here (Signature Version 4)."""

import hashlib
import hmac
import http.client
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

REQUEST_SECONDS = 10.0
TARGET = "secretsmanager.GetSecretValue"
CONTENT_TYPE = "application/x-amz-json-1.1"


class SecretError(Exception):
    """The secret could not be read; the message holds no part of it."""


class Credentials(msgspec.Struct, frozen=True, rename="pascal"):
    """What EKS Pod Identity's agent answers."""

    access_key_id: str
    secret_access_key: str
    token: str = ""


class Login(msgspec.Struct, frozen=True):
    """A database login as RDS writes it into its secret."""

    username: str
    password: str


class _SecretValue(msgspec.Struct, frozen=True, rename="pascal"):
    secret_string: str


def pod_credentials(uri: str, token_file: Path) -> Credentials:
    """Credentials of the pod's service account, by EKS Pod Identity."""
    # Read at each request: the kubelet replaces the token.
    try:
        token = token_file.read_text().strip()
    except OSError as error:
        raise SecretError(f"no token in {token_file}: {error!r}") from error
    answer = _request("GET", uri, {"Authorization": token})
    try:
        return msgspec.json.decode(answer, type=Credentials)
    except msgspec.DecodeError as error:
        raise SecretError(f"no credentials in the answer of {uri}: {error}") from error


def read_login(arn: str, *, region: str, endpoint: str, credentials: Credentials) -> Login:
    """The login in the secret `arn`."""
    body = msgspec.json.encode({"SecretId": arn})
    host = urlsplit(endpoint).netloc
    headers = signed_headers(host, body, region, credentials, datetime.now(UTC))
    answer = _request("POST", endpoint, headers, body)
    try:
        value = msgspec.json.decode(answer, type=_SecretValue)
        return msgspec.json.decode(value.secret_string, type=Login)
    except msgspec.DecodeError as error:
        raise SecretError(f"secret {arn} holds no username and password: {error}") from error


def signed_headers(
    host: str, body: bytes, region: str, credentials: Credentials, now: datetime
) -> dict[str, str]:
    """Headers of a POST to `/` with their signature (IAM guide, "Create a signed request")."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": CONTENT_TYPE,
        "host": host,
        "x-amz-date": moment,
        "x-amz-target": TARGET,
    }
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"POST\n/\n\n{lines}\n{names}\n{digest}"
    scope = f"{moment[:8]}/{region}/secretsmanager/aws4_request"
    signed = signature(canonical, scope, moment, credentials)
    who = f"Credential={credentials.access_key_id}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 {who}, SignedHeaders={names}, Signature={signed}"
    return headers


def signature(canonical: str, scope: str, moment: str, credentials: Credentials) -> str:
    """Signature Version 4 of a canonical request, in hexadecimal."""
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def _request(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise SecretError(f"{url!r} is no http or https URL")
    connection = kinds[parts.scheme](parts.netloc, timeout=REQUEST_SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise SecretError(f"{method} {url}: {error!r}") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        # AWS's error names what is missing; the body of a failure carries no secret.
        told = answer[:500].decode(errors="replace")
        raise SecretError(f"{method} {url}: status {response.status}: {told}")
    return answer
