"""A Pulumi provider over a Backend: the engine's side of the protocol, errors as one line."""

import logging
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from stackyard.local.backend import (
    Backend,
    CancellableBackend,
    LiveBackend,
    NamedBackend,
    NotReadyError,
)
from stackyard.local.diff import Change, changes, render_path
from stackyard.local.properties import from_struct, to_struct
from stackyard.local.refusals import call_backend, one_line, refuse
from stackyard.local.wire import JsonObject, NotFoundError

__all__ = ["Backend", "NotReadyError", "Provider", "serve"]

WORKERS = 64
"""Calls at once: the engine's own limit is below it, and a wait holds its thread."""
MESSAGE_BYTES = 400 << 20
"""The engine's own limit on a message."""

CONFIGURATION_REPLACES = {"aws": {"region"}}
"""Provider inputs whose change replaces the provider and with it all it made."""

KEPT_IN_STATE = {"random"}
"""Packages whose objects live in the engine's state alone: what was drawn is read from there."""

_KINDS = {
    Change.ADD: (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    Change.DELETE: (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
    Change.UPDATE: (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
}

_log = logging.getLogger(__name__)


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The protocol's calls; a preview reaches only check, replaces and preview of the backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        # Requests name no provider resource, but each has a connection of its own.
        self._configured: dict[str, Backend] = {}

    def _of(self, context: grpc.ServicerContext) -> Backend:
        backend = self._configured.get(context.peer())
        if backend is None:
            refuse(context, f"provider {self._backend.package}: this connection is not configured")
        return backend

    def Handshake(  # noqa: N802  the protocol's name, as all below
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """No secrets, resources or outputs as such: the engine marks equal-named outputs itself."""
        del request, context
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(  # noqa: N802
        self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Nothing to do: this provider calls no engine."""
        del request, context
        return empty_pb2.Empty()

    def Cancel(  # noqa: N802
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """End the waits of the command whose connection this is."""
        del request
        backend = self._configured.get(context.peer())
        if isinstance(backend, CancellableBackend):
            backend.cancel()
        return empty_pb2.Empty()

    def GetPluginInfo(  # noqa: N802
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """The version of the package that is stood in for."""
        del request, context
        return plugin_pb2.PluginInfo(version=self._backend.version)

    def GetSchema(  # noqa: N802
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Name and version only; programs in Python need no more."""
        del request, context
        name, version = self._backend.package, self._backend.version
        return provider_pb2.GetSchemaResponse(schema=f'{{"name":"{name}","version":"{version}"}}')

    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Inputs as they are; `Configure` judges them."""
        del context
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Changed provider inputs."""
        del context
        olds, news = from_struct(request.old_inputs), from_struct(request.news)
        forced = CONFIGURATION_REPLACES.get(self._backend.package, set[str]())
        return _diff_response(olds, news, request, forced={k for k in forced if k in olds})

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """The backend of this connection's provider resource."""
        args = from_struct(request.args)
        self._configured[context.peer()] = call_backend(
            context, lambda: self._backend.configured(args)
        )
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Inputs with auto-names; what is refused, with its path."""
        backend, olds, news = (
            self._of(context),
            from_struct(request.olds),
            from_struct(request.news),
        )
        inputs, refused = call_backend(
            context,
            lambda: backend.check(request.type, request.name, olds, news, request.randomSeed),
        )
        response = provider_pb2.CheckResponse(inputs=to_struct(inputs))
        for where, reason in refused:
            response.failures.add(property=where, reason=one_line(reason))
        return response

    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Old inputs against new ones, leaf by leaf."""
        backend = self._of(context)
        olds, news = from_struct(request.old_inputs), from_struct(request.news)
        forced = call_backend(context, lambda: backend.replaces(request.type, olds, news))
        response = _diff_response(olds, news, request, forced=forced)
        if isinstance(backend, LiveBackend):
            spoilt = call_backend(context, lambda: backend.spoilt(request.type, olds, news))
            if spoilt is not None:
                response.changes = provider_pb2.DiffResponse.DIFF_SOME
                response.replaces.append(spoilt)
        if response.replaces and isinstance(backend, NamedBackend):
            response.deleteBeforeReplace = call_backend(
                context, lambda: backend.deletes_first(request.type, olds, news)
            )
        return response

    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """A new object; in a preview, what can be known of it."""
        backend, inputs = self._of(context), from_struct(request.properties)
        if request.preview:
            outputs = call_backend(context, lambda: backend.preview(request.type, None, inputs))
            return provider_pb2.CreateResponse(properties=to_struct(outputs))
        id_, outputs = call_backend(
            context,
            lambda: backend.create(request.type, request.name, inputs, timeout=request.timeout),
        )
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(outputs))

    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """The object as the cloud has it; an empty id if it is gone."""
        backend, known = self._of(context), from_struct(request.inputs)

        def read() -> provider_pb2.ReadResponse:
            try:
                inputs, outputs = backend.read(request.type, request.id, known)
            except NotFoundError:
                return provider_pb2.ReadResponse()
            if backend.package in KEPT_IN_STATE:
                outputs = {**from_struct(request.properties), **outputs}
            return provider_pb2.ReadResponse(
                id=request.id, inputs=to_struct(inputs), properties=to_struct(outputs)
            )

        return call_backend(context, read)

    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """The object with its new inputs; in a preview, what can be known of it."""
        backend, news = self._of(context), from_struct(request.news)
        if request.preview:
            known = from_struct(request.olds)
            outputs = call_backend(context, lambda: backend.preview(request.type, known, news))
        else:
            olds = from_struct(request.old_inputs)
            outputs = call_backend(
                context,
                lambda: backend.update(
                    request.type, request.id, olds, news, timeout=request.timeout
                ),
            )
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Until the object is gone; one that is gone already is no error."""
        backend, inputs = self._of(context), from_struct(request.old_inputs)

        def delete() -> None:
            try:
                backend.delete(request.type, request.id, inputs, timeout=request.timeout)
            except NotFoundError:
                _log.debug("%s %s was gone already", request.type, request.id)

        call_backend(context, delete)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """A function's result."""
        backend, args = self._of(context), from_struct(request.args)
        result = call_backend(context, lambda: backend.invoke(request.tok, args))
        # The field is called `return`, which is no name in Python.
        return provider_pb2.InvokeResponse(**{"return": to_struct(result)})  # pyright: ignore[reportArgumentType]  # the stubs see only failures


def _diff_response(
    olds: JsonObject, news: JsonObject, request: provider_pb2.DiffRequest, *, forced: set[str]
) -> provider_pb2.DiffResponse:
    found = changes(olds, news, request.ignoreChanges)
    changed = {str(path[0]) for path in found}
    detailed = {
        render_path(path): provider_pb2.PropertyDiff(
            kind=_KINDS[change][str(path[0]) in forced], inputDiff=True
        )
        for path, change in found.items()
    }
    some = provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=sorted(changed),
        replaces=sorted(changed & forced),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def serve(backend: Backend, *, port: int = 0) -> tuple[grpc.Server, int]:
    """A started server on loopback and its port; `port` 0 takes a free one."""
    server = grpc.server(  # pyright: ignore[reportUnknownMemberType]  # stubs leave generics open
        ThreadPoolExecutor(WORKERS, thread_name_prefix=backend.package),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(backend), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound
