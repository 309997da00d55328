"""What an error of a statement means, and whether its connection may be used again."""

import pytest
from asyncmy.errors import IntegrityError, InternalError, OperationalError

from replication import in_loop
from task1.database import SlowQueryError, UnavailableError, run
from task1.mysql import Connection, code_of

LOST, GIVEN_UP = "lost the connection", "the server gave the statement up"


class FailingDriver:
    """A driver whose every statement fails."""

    _transport = None

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def ask(self, *_: object) -> None:
        raise self._error

    def get_transaction_status(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("error", "meaning", "words", "whole"),
    [
        (OperationalError(2013, "Lost connection"), UnavailableError, LOST, False),
        (InternalError("Packet sequence number wrong"), UnavailableError, LOST, False),
        (ConnectionResetError(104, "reset"), UnavailableError, LOST, False),
        (OperationalError(1836, "read-only mode"), UnavailableError, LOST, True),
        (OperationalError(9501, "Timed-out waiting"), UnavailableError, LOST, True),
        (OperationalError(3024, "execution time exceeded"), SlowQueryError, GIVEN_UP, True),
        (OperationalError(1213, "Deadlock found"), OperationalError, "Deadlock", True),
        (IntegrityError(1062, "Duplicate entry"), IntegrityError, "Duplicate", True),
    ],
)
def test_what_an_error_means_is_told_by_its_number(
    error: Exception, meaning: type[Exception], words: str, whole: bool
):
    connection = Connection(FailingDriver(error), lambda _seconds: None)  # type: ignore[arg-type]  # all that is used

    with pytest.raises(meaning, match=words):
        in_loop(run(connection, "SELECT 1"))
    assert connection.whole == connection.reusable == whole
    assert connection.lost == (meaning is UnavailableError)


@pytest.mark.parametrize("error", [ValueError("x"), OperationalError("x"), OSError(2, "x")])
def test_an_error_without_a_number_of_mysql_has_the_code_0(error: Exception):
    assert code_of(error) == 0
