"""What a provider of the embedded cloud asks of the code behind it."""

from typing import Protocol, runtime_checkable

from stackyard.errors import StackyardError
from stackyard.local.wire import JsonObject


class NotReadyError(StackyardError):
    """The object exists but did not become ready: the engine keeps it and tries again."""

    def __init__(self, message: str, *, id_: str, outputs: JsonObject, inputs: JsonObject) -> None:
        super().__init__(message)
        self.id, self.outputs, self.inputs = id_, outputs, inputs


class Backend(Protocol):
    """One package's resources. `token` is the resource's type, `aws:s3/bucket:Bucket`.

    Values are plain JSON: whole numbers are int, secrets are unwrapped, an unknown of a preview
    is `properties.UNKNOWN`, an output is marked by `properties.secret`. What raises becomes one
    line in the engine's output.
    """

    package: str
    version: str

    def configured(self, args: JsonObject) -> "Backend":
        """The backend of one provider resource, with that resource's inputs."""
        ...

    def check(
        self, token: str, name: str, olds: JsonObject, news: JsonObject, seed: bytes
    ) -> tuple[JsonObject, list[tuple[str, str]]]:
        """The inputs with auto-names and defaults, and (property, reason) of each refusal.

        `olds` are the inputs of the object that is there, empty for a new one.
        """
        ...

    def replaces(self, token: str, olds: JsonObject, news: JsonObject) -> set[str]:
        """Top-level inputs whose change replaces the object."""
        ...

    def preview(self, token: str, olds: JsonObject | None, news: JsonObject) -> JsonObject:
        """Outputs as far as a preview can know them; `olds` are the outputs of an update's object.

        Touches nothing.
        """
        ...

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        """Id and outputs; a `timeout` of 0 means the backend's own."""
        ...

    def read(self, token: str, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        """(inputs, outputs) as the cloud has them; empty `inputs` for an import.

        Raises `NotFoundError`.
        """
        ...

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        """Outputs; `olds` and `news` are inputs."""
        ...

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        """Until it is gone; `NotFoundError` counts as gone."""
        ...

    def invoke(self, token: str, args: JsonObject) -> JsonObject:
        """The result of a function, `aws:ec2/getManagedPrefixList:getManagedPrefixList`."""
        ...


@runtime_checkable
class NamedBackend(Protocol):
    """A backend that knows which replacements take the name of what they replace."""

    def deletes_first(self, token: str, olds: JsonObject, news: JsonObject) -> bool:
        """Whether old and new object would have the same name, so that the old one goes first."""
        ...


@runtime_checkable
class LiveBackend(Protocol):
    """A backend that replaces objects for what became of them."""

    def spoilt(self, token: str, olds: JsonObject, news: JsonObject) -> str | None:
        """Path of the input for which the object is replaced though no input changed, or none."""
        ...


@runtime_checkable
class CancellableBackend(Protocol):
    """A backend whose waits end when the user interrupts."""

    def cancel(self) -> None:
        """End every wait of this process, with an error that says so."""
        ...
