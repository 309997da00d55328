"""Where the embedded cloud's objects are looked up: by AWS's own calls, or beside moto."""

from collections.abc import Mapping, Sequence

import jmespath

from stackyard.local.aws.connection import Access, Clients, Connection
from stackyard.local.aws.kept import KINDS
from stackyard.local.aws.store import REGION, Store
from stackyard.local.wire import JsonObject
from stackyard.ops.lookup import candidates
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.lookup_described import ROWS, Row
from stackyard.ops.repair import Find


def find_in(variables: Mapping[str, str]) -> Find:
    """Looks up what a slot's engine, with these variables, may have made."""
    access = Access(
        endpoint=variables["AWS_ENDPOINT_URL"],
        access_key_id=variables["AWS_ACCESS_KEY_ID"],
        secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
    store = Store.of(Connection(clients=Clients(access), region=REGION))

    def find(resource: JsonObject, resources: Sequence[JsonObject]) -> list[str]:
        token = str(resource["type"])
        if token not in KINDS or token not in ROWS:
            return candidates(resource, resources, lambda region: Aws(variables, region))
        have = {str(r.get("id")) for r in resources if r["type"] == token}
        made = [o for o in store.list(token) if made_of(ROWS[token], o, resource["inputs"])]
        return [str(o["id"]) for o in made if o["id"] not in have]

    return find


def made_of(row: Row, kept: JsonObject, inputs: JsonObject) -> bool:
    """Whether an object that is kept as inputs was made of these: by what AWS is asked for."""
    asked = [text.strip("{}").removeprefix("inputs.") for text in row.arguments.values()]
    names = [*row.same.values(), *asked]
    return all(jmespath.search(name, kept) == jmespath.search(name, inputs) for name in names)
