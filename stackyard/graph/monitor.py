"""The recording monitor: keeps what the engine would see, runs transforms and hooks, answers."""

# The stub's methods are variables to a type checker, the mock's are methods: both are overridden.
# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false
# Repeated fields of the engine's messages are untyped.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

import threading
from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, message, struct_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import (
    callback_pb2,
    callback_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from stackyard.graph.answers import Answering
from stackyard.graph.registration import UNKNOWN, Reg, plain, wire

_OPTIONS = (
    "protect",
    "ignoreChanges",
    "deleteBeforeReplace",
    "additionalSecretOutputs",
    "importId",
    "replaceOnChanges",
    "retainOnDelete",
    "deletedWith",
    "replace_with",
    "hideDiffs",
    "pluginDownloadURL",
)
_TRANSFORMED = {
    "ignoreChanges": "ignore_changes",
    "dependencies": "depends_on",
    "replaceOnChanges": "replace_on_changes",
}


# The stub as a base makes the SDK start its callback server, without which neither hooks nor
# transforms run; the stock MockMonitor skips both.
class RecordingMonitor(mocks.MockMonitor, resource_pb2_grpc.ResourceMonitorStub):
    """What stands in the engine's place for one run of a program."""

    def __init__(
        self, answering: Answering, *, project: str, stack: str, preview: bool, hooks: bool
    ) -> None:
        self.answering = answering
        self._prefix = f"urn:pulumi:{stack}::{project}"
        self.preview = preview
        self._runs_hooks = hooks
        self.regs: dict[str, Reg] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.secret_outputs: dict[str, set[str]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._requests: dict[str, resource_pb2.RegisterResourceRequest] = {}
        self._transforms: list[callback_pb2.Callback] = []
        self._hooks: dict[str, resource_pb2.RegisterResourceHookRequest] = {}
        self._lock = threading.Lock()

    def RegisterStackTransform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:  # noqa: N802  # the engine's name
        """Keep a transform of the whole stack."""
        self._transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:  # noqa: N802  # the engine's name
        """Refuse what no program of ours does."""
        raise LookupError(f"no program of ours transforms calls: {request.target}")

    def RegisterResourceHook(  # noqa: N802  # the engine's name
        self, request: resource_pb2.RegisterResourceHookRequest
    ) -> empty_pb2.Empty:
        """Keep a hook for the resources that name it."""
        self._hooks[request.name] = request
        return empty_pb2.Empty()

    def RegisterResourceOutputs(  # noqa: N802  # the engine's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Keep what a component or the stack gives back."""
        outputs, secrets = plain(request.outputs)
        with self._lock:
            self.outputs[request.urn], self.secret_outputs[request.urn] = outputs, secrets
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802  # the engine's name
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Keep and answer a call of a function."""
        args, _ = plain(request.args)
        self.calls.append((request.tok, args))
        answer = self.answering.call(request.tok, args)
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(wire(answer, secrets=set()))
        return response

    def ReadResource(self, request: Any) -> Any:  # noqa: N802  # the engine's name
        """Refuse what no part does."""
        raise LookupError(f"{request.type} {request.name}: parts ask nobody, so none reads")

    def RegisterResource(  # noqa: N802  # the engine's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Transform, keep and answer a registration, its hooks before and after."""
        if request.type != "pulumi:pulumi:Stack":
            self._transform(request)
        urn = f"{self._prefix}::{_qualified(request)}::{request.name}"
        with self._lock:
            if urn in self._requests:
                raise ValueError(f"duplicate URN {urn}")
            self._requests[urn] = request
            self._inherit(request)
            reg = _registration(urn, request)
            self.regs[urn] = reg
        self._run_hooks(request, "before_create", reg)
        reg.id, reg.outputs = self._answer(reg)
        secrets = {*reg.secrets, *reg.secret_outputs, *request.additionalSecretOutputs}
        response = resource_pb2.RegisterResourceResponse(
            urn=urn, id=reg.id, object=wire(reg.outputs, secrets=secrets & set(reg.outputs))
        )
        self._run_hooks(request, "after_create", reg, response.object)
        return response

    def _answer(self, reg: Reg) -> tuple[str, dict[str, Any]]:
        if not reg.custom:
            return "", reg.inputs
        if self.preview and not reg.type.startswith("pulumi:providers:"):
            return "", _foreseen(reg)
        return self.answering.create(reg)

    def _inherit(self, request: resource_pb2.RegisterResourceRequest) -> None:
        """What the engine takes from the parent where a child says nothing."""
        parent = self._requests.get(request.parent)
        if parent is None:
            return
        if not request.HasField("protect") and parent.HasField("protect"):
            request.protect = parent.protect
        if not request.HasField("retainOnDelete") and parent.HasField("retainOnDelete"):
            request.retainOnDelete = parent.retainOnDelete
        request.deletedWith = request.deletedWith or parent.deletedWith

    def _transform(self, request: resource_pb2.RegisterResourceRequest) -> None:
        for callback in [*request.transforms, *self._inherited(request.parent), *self._transforms]:
            options = resource_pb2.TransformResourceOptions(
                protect=request.protect,
                ignore_changes=request.ignoreChanges,
                depends_on=request.dependencies,
                provider=request.provider,
                retain_on_delete=request.retainOnDelete,
                deleted_with=request.deletedWith,
                replace_on_changes=request.replaceOnChanges,
                aliases=request.aliases,
            )
            asked = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=request.object,
                options=options,
            )
            answer = resource_pb2.TransformResponse.FromString(_call(callback, asked))
            request.object.CopyFrom(answer.properties)
            if answer.HasField("options"):
                _take(answer.options, request)

    def _inherited(self, urn: str) -> Iterable[callback_pb2.Callback]:
        while parent := self._requests.get(urn):
            yield from parent.transforms
            urn = parent.parent

    def _run_hooks(
        self,
        request: resource_pb2.RegisterResourceRequest,
        when: str,
        reg: Reg,
        outputs: struct_pb2.Struct | None = None,
    ) -> None:
        for name in getattr(request.hooks, when):
            hook = self._hooks[name]
            if not self._runs_hooks or (self.preview and not hook.on_dry_run):
                continue
            asked = resource_pb2.ResourceHookRequest(
                urn=reg.urn,
                id=reg.id,
                name=request.name,
                type=request.type,
                new_inputs=request.object,
                new_outputs=outputs,
            )
            answer = resource_pb2.ResourceHookResponse.FromString(_call(hook.callback, asked))
            if answer.error:
                raise RuntimeError(f"{when} hook {name} of {reg.urn}: {answer.error}")


def _qualified(request: resource_pb2.RegisterResourceRequest) -> str:
    """The engine's type in a URN: the chain of the parents' types."""
    above = request.parent.split("::")[2] if request.parent else ""
    outermost = above in {"", "pulumi:pulumi:Stack"}
    return request.type if outermost else f"{above}${request.type}"


def _call(callback: callback_pb2.Callback, request: message.Message) -> bytes:
    asked = callback_pb2.CallbackInvokeRequest(
        token=callback.token, request=request.SerializeToString()
    )
    with grpc.insecure_channel(callback.target) as channel:
        return callback_pb2_grpc.CallbacksStub(channel).Invoke(asked).response


def _take(
    given: resource_pb2.TransformResourceOptions, request: resource_pb2.RegisterResourceRequest
) -> None:
    request.protect, request.deletedWith = given.protect, given.deleted_with
    request.retainOnDelete = given.retain_on_delete
    for mine, theirs in _TRANSFORMED.items():
        request.ClearField(mine)  # pyright: ignore[reportArgumentType]  # names of the table above
        getattr(request, mine).extend(getattr(given, theirs))


def _registration(urn: str, request: resource_pb2.RegisterResourceRequest) -> Reg:
    inputs, secrets = plain(request.object)
    return Reg(
        urn=urn,
        type=request.type,
        name=request.name,
        parent=request.parent,
        custom=request.custom,
        inputs=inputs,
        outputs={},
        id="",
        opts=_options(request),
        depends=set(request.dependencies),
        property_deps={
            name: set(given.urns) for name, given in request.propertyDependencies.items()
        },
        provider=request.provider.rpartition("::")[0],
        secrets=secrets,
    )


def _foreseen(reg: Reg) -> dict[str, Any]:
    """Outputs of a preview: what was given; a name that Kubernetes makes is unknown."""
    metadata = reg.inputs.get("metadata")
    if metadata is None or "name" in metadata:
        return reg.inputs
    return {**reg.inputs, "metadata": {**metadata, "name": UNKNOWN}}


def _options(request: resource_pb2.RegisterResourceRequest) -> dict[str, Any]:
    values = {name: getattr(request, name) for name in _OPTIONS}
    options: dict[str, Any] = {
        name: value if isinstance(value, bool | str) else list(value)
        for name, value in values.items()
        if value
    }
    if request.HasField("customTimeouts"):
        options["customTimeouts"] = json_format.MessageToDict(request.customTimeouts)
    if request.aliases:
        options["aliases"] = [json_format.MessageToDict(alias) for alias in request.aliases]
    if request.HasField("hooks"):
        options["hooks"] = {kind.name: list(names) for kind, names in request.hooks.ListFields()}
    return options
