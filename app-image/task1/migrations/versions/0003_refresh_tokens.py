"""Refresh tokens by their hash; all that came of one sign-in are a family."""

from alembic import op

revision = "0003_refresh_tokens"
down_revision = "0002_posts"
phase = "expand"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE refresh_tokens (
          -- Hexadecimal digits of SHA-256: the token itself is nowhere in the database.
          tokenHash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
          familyId CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
          userId BIGINT UNSIGNED NOT NULL,
          issuedAt DATETIME(3) NOT NULL,
          expiresAt DATETIME(3) NOT NULL,
          rotatedAt DATETIME(3) NULL,
          PRIMARY KEY (tokenHash),
          KEY refresh_tokens_family (familyId),
          KEY refresh_tokens_user (userId),
          KEY refresh_tokens_expiry (expiresAt),
          CONSTRAINT refresh_tokens_user
            FOREIGN KEY (userId) REFERENCES users (id) ON DELETE CASCADE
        ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
    """)
