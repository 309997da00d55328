"""A MariaDB with the demo's posts in it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackyard.errors import StackyardError
from tests.bench.api.app_image import PYTHONPATH, Certificates, MariaDb, migrated

BUFFER_POOL_MIB = 256
"""All posts fit: a database server has the memory for what it is asked."""
NAME = "task1_db"


class PostsError(StackyardError):
    """The posts could not be written."""


class Posts:
    """Where they are."""

    def __init__(self, url: str, mariadb: MariaDb) -> None:
        self.url = url
        """As the API's own user."""
        self._mariadb = mariadb

    def selects(self) -> int:
        """Statements that read, since the server began."""
        ((_, count),) = self._mariadb.sql("SHOW GLOBAL STATUS LIKE 'Com_select'")
        return int(count)


@contextmanager
def written(folder: Path, certificates: Certificates, *, users: int, posts: int) -> Iterator[Posts]:
    """The schema as the API's Job makes it, and the posts of its demo.

    Raises `PostsError` with what the demo says.
    """
    mariadb = MariaDb(folder, certificates)
    mariadb.start()
    try:
        mariadb.make_master()
        mariadb.sql(f"SET GLOBAL innodb_buffer_pool_size = {BUFFER_POOL_MIB << 20}")
        url = migrated(mariadb, NAME, certificates)
        _demo(url, certificates.authority, users=users, posts=posts)
        # Else the optimizer still believes in an empty table.
        mariadb.sql(f"ANALYZE TABLE {NAME}.posts, {NAME}.users")
        yield Posts(url, mariadb)
    finally:
        mariadb.kill()


def _demo(url: str, authority: Path, *, users: int, posts: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "task1.demo", f"--users={users}", f"--posts={posts}"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": PYTHONPATH,
            "DATABASE_URL": url,
            "SSL_CERT_FILE": str(authority),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PostsError(f"python -m task1.demo failed:\n{done.stdout}{done.stderr}")
