"""Bodies at hand in this process, by the mark under which Redis has them; bounded."""

NEAR_BYTES = 2 * 1024 * 1024
"""Of one namespace's bodies: some 400 pages of 20 posts."""


class Near:
    """What Redis sent lately. It says itself whether a body is still the one: no copy gets old."""

    def __init__(self) -> None:
        self._bodies: dict[str, tuple[bytes, bytes]] = {}
        self._bytes = 0

    def get(self, field: str) -> tuple[bytes, bytes | None]:
        """The mark and body of a field; an empty mark for one that is not at hand."""
        return self._bodies.get(field, (b"", None))

    def keep(self, field: str, mark: bytes, body: bytes) -> None:
        """Have this one at hand; when there is no room, forget the others first."""
        before = self._bodies.pop(field, None)
        self._bytes += len(body) - (len(before[1]) if before else 0)
        if self._bytes > NEAR_BYTES:
            self._bodies.clear()
            self._bytes = len(body)
        self._bodies[field] = (mark, body)
