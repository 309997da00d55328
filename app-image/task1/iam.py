"""Tokens by which RDS knows an IAM role: a signed URL that stands for a password."""

import hashlib
from datetime import datetime
from urllib.parse import quote

from task1.secret import Credentials, signature
from task1.urls import DatabaseUrl

SERVICE = "rds-db"
VALID_SECONDS = 900
"""RDS takes a token for 15 minutes, whatever it says."""
NO_BODY = hashlib.sha256().hexdigest()


def database_token(url: DatabaseUrl, region: str, credentials: Credentials, now: datetime) -> str:
    """A password for `url.user` at `url.host`, as `aws rds generate-db-auth-token` makes it.

    The host must be an endpoint's own name: RDS reads in the token whom it is meant for.
    """
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{region}/{SERVICE}/aws4_request"
    fields = {
        "Action": "connect",
        "DBUser": url.user,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(VALID_SECONDS),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        fields["X-Amz-Security-Token"] = credentials.token
    pairs = [f"{name}={quote(value, safe='-_.~')}" for name, value in fields.items()]
    host = f"{url.host}:{url.port}"
    canonical = f"GET\n/\n{'&'.join(sorted(pairs))}\nhost:{host}\n\nhost\n{NO_BODY}"
    signed = signature(canonical, scope, moment, credentials)
    return f"{host}/?{'&'.join(pairs)}&X-Amz-Signature={signed}"
