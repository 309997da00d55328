"""Users, found by their e-mail address."""

from alembic import op

revision = "0001_users"
down_revision = None
phase = "expand"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE users (
          id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
          email VARCHAR(255) NOT NULL,
          name VARCHAR(100) NOT NULL,
          passwordHash VARCHAR(255) NOT NULL,
          createdAt DATETIME(3) NOT NULL,
          PRIMARY KEY (id),
          -- The unique key is the index for look-ups by e-mail.
          UNIQUE KEY users_email (email)
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
    """)
