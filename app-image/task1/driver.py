"""asyncmy's connection, asked without its cursor; the columns of an answer are read once."""
# asyncmy's stubs leave most untyped:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from asyncmy.connection import Connection, MySQLResult
from asyncmy.protocol import parse_rows_from_buffer

MOST_KNOWN = 16
"""Answers of other columns than these are read as asyncmy reads them."""
MOST_COLUMNS = 250
"""Of an answer that is worth knowing; a larger number is sent in another way."""

Row = tuple[Any, ...]
Parameters = Sequence[str | int | None]


class Reply(NamedTuple):
    """What a statement gives."""

    rows: list[Row]
    columns: Sequence[tuple[Any, ...]]
    """Of each its name first."""
    inserted_id: int
    """Of the row that it inserted."""


class _Stream(Protocol):
    """What has come: `buffer[pos:length]` is still to be read."""

    buffer: bytearray
    length: int
    pos: int


class _Columns(NamedTuple):
    sent: bytes
    """As the server sends them: how many, then a packet for each."""
    converters: tuple[Any, ...]
    description: tuple[Any, ...]


class Driver(Connection):
    """To read the eight columns of a post anew is a third of asyncmy's work for twenty of them.

    They are the same bytes each time. A prepared statement would spare them too, but pins a
    connection of RDS Proxy.
    """

    _proto: _Stream
    _next_seq_id: int
    _deprecate_eof: bool
    _affected_rows: object
    _result: MySQLResult
    _fill_buffer: Callable[[int], Awaitable[None]]
    server_status: int

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._known: list[_Columns] = []

    async def ask(self, statement: str, parameters: Parameters) -> Reply:
        """Run one statement, with each `%s` a parameter, escaped as the server's mode wants it."""
        if parameters:
            statement %= tuple(map(self.literal, parameters))
        await self.query(statement)
        result = self._result
        return Reply(list(result.rows or ()), result.description or (), result.insert_id)

    async def _read_query_result(self, unbuffered: bool = False) -> None:  # noqa: FBT001, FBT002  # asyncmy's signature
        stream = self._proto
        if stream.length == stream.pos:
            await self._fill_buffer(1)
        for columns in self._known:
            if stream.buffer.startswith(columns.sent, stream.pos, stream.length):
                await self._read_rows(columns)
                return
        await super()._read_query_result(unbuffered)  # pyright: ignore[reportAttributeAccessIssue]  # none of the stub's
        if 0 < self._result.field_count <= MOST_COLUMNS and len(self._known) < MOST_KNOWN:
            self._known.append(_columns_of(self._result))

    async def _read_rows(self, columns: _Columns) -> None:
        """As asyncmy does it: all that has come at once."""
        stream, result = self._proto, MySQLResult(self)
        stream.pos += len(columns.sent)
        self._next_seq_id = len(columns.converters) + 2
        if not self._deprecate_eof:
            await self.read_packet()
        rows: list[Row] = []
        while True:
            stream.pos, self._next_seq_id = parse_rows_from_buffer(
                stream.buffer,
                stream.pos,
                stream.length,
                columns.converters,
                self._next_seq_id,
                rows,
                self._deprecate_eof,
            )
            packet = await self.read_packet()
            if result._check_packet_is_eof(packet):  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]  # it is asyncmy's connection that asks
                break
            rows.append(packet.read_row(columns.converters))
        result.connection = None
        result.rows, result.description = tuple(rows), columns.description
        result.affected_rows = self._affected_rows = len(rows)
        self._result = result
        if result.server_status:
            self.server_status = result.server_status


def _columns_of(result: MySQLResult) -> _Columns:
    packets = [bytes([result.field_count]), *(field.get_all_data() for field in result.fields)]
    sent = b"".join(
        len(packet).to_bytes(3, "little") + bytes([number]) + packet
        for number, packet in enumerate(packets, 1)
    )
    return _Columns(sent, tuple(result.converters), result.description)
