"""One row of the table: how a Pulumi type becomes AWS calls and answers become its outputs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackyard.local.aws.connection import Connection
from stackyard.local.aws.names import norm
from stackyard.local.wire import JsonObject


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operation on one resource, as a row's own steps see it."""

    aws: Connection
    service: str
    id: str
    props: JsonObject
    """The inputs that shall hold (create, update) or held (read, delete)."""
    olds: JsonObject | None = None
    """The inputs before an update; None outside updates."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Tags of the resource, the provider's default tags among them."""

    def do(self, method: str, **arguments: Any) -> JsonObject:
        """A call of the row's own service."""
        return self.aws.call(self.service, method, **arguments)

    def due(self, *names: str) -> bool:
        """Whether one of these inputs is to be set: given at create, changed at update."""
        if self.olds is None:
            return any(self.props.get(name) is not None for name in names)
        return any(self.props.get(name) != self.olds.get(name) for name in names)


Step = Callable[[Call], None]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """How one type lives. Names of calls are boto3's, members are AWS's, properties Pulumi's."""

    pulumi_type: str
    service: str
    create: str
    read: str = ""
    update: str = ""
    delete: str = ""
    keys: tuple[str, ...] = ()
    """Members that name the object in read, update and delete; joined they are the Pulumi id."""
    separator: str = ":"
    id_members: tuple[str, ...] = ()
    """Where the id's parts stand in the answer of create, if not under `keys`."""
    id_of: Callable[[JsonObject], str] | None = None
    """Makes the id of the inputs, where no single member holds a part of it."""
    from_inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further naming members, taken from an input instead of the id."""
    name: str = ""
    """The input that holds the physical name and is auto-named; none where AWS gives an id."""
    name_limit: int = 255
    lower_name: bool = False
    path: str = ""
    """JMESPath to the object in the answer of read, if not the first structure."""
    into: str = ""
    """The member that wraps the object in create and update."""
    whole_update: bool = False
    """Update sends all inputs and not only the changed ones."""
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    back: Mapping[str, str] = field(default_factory=dict[str, str])
    """As `rename`, for answers, where they differ from requests; added to `rename`."""
    flat: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Nested properties that AWS has flat: property to (inner property to member)."""
    attrs: Mapping[str, str] = field(default_factory=dict[str, str])
    """Output to JMESPath in the described object, where names differ."""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Inputs that the provider fills in."""
    create_with: Mapping[str, Any] = field(default_factory=dict[str, Any])
    update_with: Mapping[str, Any] = field(default_factory=dict[str, Any])
    delete_with: Mapping[str, Any] = field(default_factory=dict[str, Any])
    kept: tuple[str, ...] = ()
    """Inputs that moto forgets: kept beside it in the store."""
    replacing: tuple[str, ...] = ()
    """Inputs whose change replaces, beyond CloudFormation's create-only ones; `outer.inner` too."""
    in_place: tuple[str, ...] = ()
    """Inputs that CloudFormation calls create-only and pulumi-aws changes in place."""
    fresh: tuple[str, ...] = ()
    """Outputs that an update changes: unknown in its preview."""
    tag_type: str = ""
    """EC2's name of the resource type, where create takes TagSpecifications."""
    gone: str = ""
    """JMESPath that holds when moto still lists what AWS would not."""
    arrange: Callable[[Call, JsonObject], None] | None = None
    """Completes the arguments of create and update."""
    settle: tuple[Step, ...] = ()
    """What one create or update call cannot do; runs after both."""
    describe: Callable[[Call], JsonObject | None] | None = None
    """Takes the place of read."""
    outputs: Callable[[Call, JsonObject], JsonObject] | None = None
    """Further outputs, from the described object."""
    before_delete: tuple[Step, ...] = ()
    delete_call: Step | None = None
    """Takes the place of delete."""


def plural(noun: str) -> str:
    """AWS's plural of a noun in a method name."""
    return re.sub(r"([^aeiou])y$", r"\1ie", noun) + "s"


def row(token: str, service: str, noun: str, key: str, **rest: Any) -> Spec:
    """A row of the common family: create_x, describe_xs, modify_x, delete_x, one key."""
    calls: dict[str, Any] = {
        "create": f"create_{noun}",
        "read": f"describe_{plural(noun)}",
        "update": f"modify_{noun}",
        "delete": f"delete_{noun}",
    }
    fields: dict[str, Any] = {**calls, "keys": (key,), **rest}
    return Spec(pulumi_type=f"aws:{token}", service=service, **fields)


def low_keys(document: JsonObject) -> JsonObject:
    """A described object by normalised names."""
    return {norm(name): value for name, value in document.items()}
