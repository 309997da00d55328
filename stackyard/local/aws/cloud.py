"""The executor: create, read, update and delete of any type, by its row or in the store."""

import re
from dataclasses import replace
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import ListShape, StructureShape

from stackyard.local.aws import kept, sdk, tags
from stackyard.local.aws.connection import Connection, error_code, search
from stackyard.local.aws.guards import GUARDS
from stackyard.local.aws.names import as_list, as_object, norm, overlay, pick, plain, to_aws
from stackyard.local.aws.spec import Call, Spec, low_keys
from stackyard.local.aws.store import Store
from stackyard.local.aws.table import TABLE
from stackyard.local.backend import NotReadyError
from stackyard.local.wire import JsonObject, NotFoundError

UNFINISHED = "unfinished"
"""Where the store keeps the ids of what was made and then failed to be set up."""

OURS = {"tags", "region"}
"""Inputs that no AWS call takes as they are."""

ABSENT = re.compile(r"NotFound|NoSuch|NotExist|Nonexist|^404$|Nonexistent")


class Cloud:
    """One provider configuration's view of the embedded AWS."""

    def __init__(self, aws: Connection) -> None:
        self.aws = aws
        self.lost: dict[str, set[str]] = {}
        """Inputs that no member of AWS's shape takes, by type; a test holds the list."""

    @cached_property
    def store(self) -> Store:
        """The store that the connection reaches; its client is made at the first use."""
        return Store.of(self.aws)

    def create(self, token: str, name: str, inputs: JsonObject) -> tuple[str, JsonObject]:
        """Make the object. Returns its id and outputs.

        Raises `ClientError` as AWS would, `NotReadyError` where the object is there all the same.
        """
        aws = self.aws.at(inputs.get("region"))
        spec = TABLE.get(token)
        if spec is None:
            return kept.create(aws, self.store, token, name, inputs)
        call = self._call(aws, spec, "", {**spec.defaults, **inputs})
        arguments = {**self._arguments(call, spec, spec.create, call.props), **spec.create_with}
        tags.add_to_create(call, spec, arguments)
        if spec.arrange:
            spec.arrange(call, arguments)
        answer = call.do(spec.create, **arguments)
        found = self._object(aws, spec, spec.create, answer)
        id_ = _identity(spec, {**call.props, **arguments}, found, answer)
        call = self._call(aws, spec, id_, call.props)
        try:
            self._keep(spec, call)
            for step in spec.settle:
                step(call)
            return id_, self.read(token, id_, inputs)
        except ClientError as error:
            # The object is there: the state has to know of it, and the next update goes on.
            self.store.put(UNFINISHED, id_, {"type": token})
            raise NotReadyError(str(error), id_=id_, outputs=inputs, inputs=inputs) from error

    def read(self, token: str, id_: str, inputs: JsonObject) -> JsonObject:
        """Outputs as the cloud now has them. Raises `NotFoundError`."""
        aws = self.aws.at(inputs.get("region"))
        spec = TABLE.get(token)
        if spec is None:
            return kept.read(aws, self.store, token, id_, inputs)
        call = self._call(aws, spec, id_, inputs)
        found = self._described(call, spec)
        memory = self.store.find(token, id_) if spec.kept else {}
        return self._outputs(call, spec, found, memory)

    def update(self, token: str, id_: str, olds: JsonObject, news: JsonObject) -> JsonObject:
        """Change the object in place; only what differs is sent."""
        aws = self.aws.at(news.get("region"))
        spec = TABLE.get(token)
        if spec is None:
            return kept.update(aws, self.store, token, id_, news)
        # A switch taken out of the program is off again; other inputs stay as they are.
        off = {k: False for k, v in olds.items() if v is True and k not in news}
        props = {**off, **spec.defaults, **news}
        call = self._call(aws, spec, id_, props, olds={**spec.defaults, **olds})
        if spec.update:
            self._modify(call, spec)
        self._keep(spec, call)
        tags.change(call, spec, arn=lambda: str(self.read(token, id_, news)["arn"]))
        unfinished = self.store.find(UNFINISHED, id_)
        for step in spec.settle:
            step(replace(call, olds=None) if unfinished else call)
        if unfinished:
            self.store.remove(UNFINISHED, id_)
        return self.read(token, id_, news)

    def delete(self, token: str, id_: str, inputs: JsonObject) -> None:
        """End the object; one that is gone already is no error. Raises AWS's refusals."""
        aws = self.aws.at(inputs.get("region"))
        spec = TABLE.get(token)
        service = spec.service if spec else "s3"
        call = Call(aws=aws, service=service, id=id_, props=inputs)
        try:
            for guard in GUARDS.get(token, ()):
                guard(call, self.store)
            if spec:
                self._end(call, spec)
        except (ClientError, KeyError):
            # What moto says of an object that is not there differs from service to service.
            if self._exists(token, id_, inputs):
                raise
        if spec is None or spec.kept:
            self.store.remove(token, id_)
        if self.store.find(UNFINISHED, id_):
            self.store.remove(UNFINISHED, id_)

    def _exists(self, token: str, id_: str, inputs: JsonObject) -> bool:
        try:
            self.read(token, id_, inputs)
        except NotFoundError:
            return False
        return True

    # -- steps --------------------------------------------------------------------------------

    def _call(
        self,
        aws: Connection,
        spec: Spec,
        id_: str,
        props: JsonObject,
        olds: JsonObject | None = None,
    ) -> Call:
        known = "tags" in sdk.describe(spec.pulumi_type).inputs
        merged = {**aws.default_tags, **as_object(props.get("tags"))} if known else {}
        return Call(aws=aws, service=spec.service, id=id_, props=props, olds=olds, tags=merged)

    def _arguments(self, call: Call, spec: Spec, method: str, props: JsonObject) -> JsonObject:
        shape = call.aws.input_shape(spec.service, method)
        given = {k: v for k, v in props.items() if k not in OURS}
        for name, inner in spec.flat.items():
            for key, value in as_object(given.pop(name, None)).items():
                if key in inner:
                    given[inner[key]] = value
        lost: set[str] = set()
        if not spec.into or spec.into not in shape.members:
            out: JsonObject = to_aws(shape, given, spec.rename, lost)
        else:
            outer = {k: v for k, v in given.items() if pick(shape, k, spec.rename)}
            wrapped = to_aws(shape.members[spec.into], given, spec.rename, lost)
            out = {spec.into: wrapped, **to_aws(shape, outer, spec.rename, set())}
            lost -= set(outer)
        if method == spec.create and lost:
            self.lost.setdefault(spec.pulumi_type, set()).update(lost)
        return out

    def _modify(self, call: Call, spec: Spec) -> None:
        olds = call.olds or {}
        changed = {k: v for k, v in call.props.items() if olds.get(k) != v}
        if not changed.keys() - OURS:
            return
        puts = spec.into or spec.whole_update or spec.update == spec.create
        sent = call.props if puts else changed
        arguments = self._arguments(call, spec, spec.update, sent)
        if spec.arrange:
            spec.arrange(call, arguments)
        if arguments:
            shape = call.aws.input_shape(spec.service, spec.update)
            named = key_arguments(call, spec, shape)
            call.do(spec.update, **{**arguments, **spec.update_with, **named})

    def _keep(self, spec: Spec, call: Call) -> None:
        if spec.kept:
            memory = {k: call.props[k] for k in spec.kept if k in call.props}
            self.store.put(spec.pulumi_type, call.id, memory)

    def _end(self, call: Call, spec: Spec) -> None:
        for step in spec.before_delete:
            step(call)
        if spec.delete_call:
            spec.delete_call(call)
        elif spec.delete:
            shape = call.aws.input_shape(spec.service, spec.delete)
            call.do(spec.delete, **{**spec.delete_with, **key_arguments(call, spec, shape)})

    # -- answers ------------------------------------------------------------------------------

    def _described(self, call: Call, spec: Spec) -> JsonObject:
        try:
            found = self._found(call, spec)
        except ClientError as error:
            if ABSENT.search(error_code(error)):
                raise NotFoundError(f"{spec.pulumi_type} {call.id} does not exist") from error
            raise
        if found is None or (spec.gone and search(spec.gone, found)):
            raise NotFoundError(f"{spec.pulumi_type} {call.id} does not exist")
        return found

    def _found(self, call: Call, spec: Spec) -> JsonObject | None:
        if spec.describe:
            return spec.describe(call)
        shape = call.aws.input_shape(spec.service, spec.read)
        answer = call.do(spec.read, **key_arguments(call, spec, shape))
        return self._object(call.aws, spec, spec.read, answer)

    def _object(
        self, aws: Connection, spec: Spec, method: str, answer: JsonObject
    ) -> JsonObject | None:
        answer.pop("ResponseMetadata", None)
        if spec.path and method == spec.read:
            return search(spec.path, answer)
        shape = aws.output_shape(spec.service, method)
        return _first_structure(shape, answer) if shape else answer

    def _outputs(self, call: Call, spec: Spec, found: JsonObject, memory: JsonObject) -> JsonObject:
        inner = found.get(spec.into) if spec.into else None
        got: JsonObject = {**found, **(inner if isinstance(inner, dict) else {})}
        declared = sdk.describe(spec.pulumi_type)
        renames = {**spec.rename, **spec.back}
        compared = {k: v for k, v in got.items() if norm(k) not in tags.NAMES}
        out: JsonObject = overlay(call.props, compared, renames)
        for name, fields in spec.flat.items():
            if name in out:
                low = low_keys(got)
                out[name] = {
                    k: overlay(v, low.get(norm(fields.get(k, k))), {}) for k, v in out[name].items()
                }
        out |= {k: v for k, v in memory.items() if k in spec.kept}
        _compute(spec, declared.outputs, renames, got, out)
        for name, expression in spec.attrs.items():
            if (value := search(expression, found)) is not None:
                out[name] = plain(value)
        if spec.outputs:
            out |= spec.outputs(call, found)
        if "tagsAll" in declared.outputs:
            tags.show(call, got, out)
        if "region" in declared.outputs:
            out["region"] = call.aws.region
        return out


def _compute(
    spec: Spec, known: frozenset[str], renames: dict[str, str], got: JsonObject, out: JsonObject
) -> None:
    """Add the outputs nobody declared that stand in the answer under the same name."""
    low = low_keys(got)
    for name in known - out.keys() - {"tags"}:
        key = norm(renames.get(name, name))
        if key in low and name not in spec.flat:
            value = plain(low[key])
            if isinstance(value, str | int | float | bool) or _texts(value):
                out[name] = value


def _texts(value: Any) -> bool:
    # An empty list may stand for what the SDK types as a string (a listener's alpnPolicy).
    return isinstance(value, list) and value != [] and all(isinstance(x, str) for x in value)  # pyright: ignore[reportUnknownVariableType]  # items of a JSON list


def _first_structure(shape: StructureShape, answer: JsonObject) -> JsonObject | None:
    """The object in an answer: its first structure, or the first item of its first list of them."""
    for name, inner in shape.members.items():
        if name not in answer or norm(name) in tags.NAMES:
            continue
        if isinstance(inner, StructureShape):
            return answer[name]
        if isinstance(inner, ListShape) and isinstance(inner.member, StructureShape):
            items: list[JsonObject] = answer[name]
            return items[0] if items else None
    return answer


def _identity(spec: Spec, given: JsonObject, found: JsonObject | None, answer: JsonObject) -> str:
    if spec.id_of:
        return spec.id_of(given)
    plain_ = {k: v for k, v in answer.items() if isinstance(v, str) or _texts(v)}
    low = {**low_keys(given), **low_keys(found or {}), **low_keys(plain_)}
    parts = [low[norm(key)] for key in spec.id_members or spec.keys]
    return spec.separator.join(str(as_list(p)[0] if isinstance(p, list) else p) for p in parts)


def key_arguments(call: Call, spec: Spec, shape: StructureShape) -> JsonObject:
    """The arguments that name the object, in the form the method wants (a list in some)."""
    parts = call.id.split(spec.separator, len(spec.keys) - 1) if spec.keys else []
    named: list[tuple[str, Any]] = list(zip(spec.keys, parts, strict=False))
    named += [(member, call.props.get(name)) for member, name in spec.from_inputs.items()]
    out: JsonObject = {}
    for key, value in named:
        for candidate in (key, f"{key}s", f"{key}es"):
            if candidate in shape.members and value is not None:
                listed = isinstance(shape.members[candidate], ListShape)
                out[candidate] = [value] if listed else value
                break
    return out
