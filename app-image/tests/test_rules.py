"""What a migration may do while an older version serves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.rules import MOST_ROWS, Phase, check
from task1.sql import StatementError, one_statement

INSTANT = "ALGORITHM=INSTANT"
INPLACE = "ALGORITHM=INPLACE, LOCK=NONE"

ADDS = [
    "CREATE TABLE a (b INT NOT NULL UNIQUE CHECK (b > 0), FOREIGN KEY (b) REFERENCES c (d))",
    "CREATE TABLE a LIKE b",
    f"ALTER TABLE a ADD COLUMN b INT, {INSTANT}",
    f"ALTER TABLE a ADD b INT NULL, {INSTANT}",
    f"ALTER TABLE shop.a ADD COLUMN b INT NOT NULL DEFAULT 0 COMMENT 'UNIQUE' AFTER c, {INSTANT}",
    f"ALTER TABLE a ADD COLUMN `key` DECIMAL(9, 2), ADD COLUMN c INT DEFAULT (1 + 1), {INPLACE}",
    f"ALTER TABLE a ADD INDEX i (b, c DESC), ADD KEY j (c), {INPLACE}",
    f"ALTER TABLE a ALTER COLUMN b SET DEFAULT 'DROP', {INSTANT}",
    f"ALTER TABLE a ALTER b SET DEFAULT 1, {INSTANT}",
    "CREATE INDEX i ON a (b) ALGORITHM=INPLACE LOCK=NONE",
    "INSERT INTO a (b) VALUES (1), (2)",
]
TAKES = [
    (f"ALTER TABLE a RENAME TO b, {INSTANT}", "old name"),
    (f"ALTER TABLE a RENAME COLUMN b TO c, {INSTANT}", "old name"),
    (f"ALTER TABLE a RENAME INDEX b TO c, {INPLACE}", "old name"),
    ("RENAME TABLE a TO b", "old name"),
    (f"ALTER TABLE a DROP COLUMN b, {INSTANT}", "what is dropped"),
    (f"ALTER TABLE a ADD COLUMN c INT, DROP INDEX b, {INPLACE}", "what is dropped"),
    (f"ALTER TABLE a DROP FOREIGN KEY b, {INPLACE}", "what is dropped"),
    ("DROP TABLE a", "what is dropped"),
    ("TRUNCATE TABLE a", "reads these rows"),
    ("TRUNCATE a", "reads these rows"),
    (f"ALTER TABLE a MODIFY b BIGINT, {INPLACE}", "a new type"),
    (f"ALTER TABLE a CHANGE b c INT, {INPLACE}", "old name and type"),
    (f"ALTER TABLE a ADD COLUMN b INT NOT NULL, {INSTANT}", "NOT NULL refuses"),
    (f"ALTER TABLE a ADD COLUMN b INT NOT NULL COMMENT 'DEFAULT 1', {INSTANT}", "NOT NULL refuses"),
    (f"ALTER TABLE a ADD COLUMN b INT UNIQUE, {INPLACE}", "does not know the rule"),
    (f"ALTER TABLE a ADD COLUMN b SERIAL, {INPLACE}", "does not know the rule"),
    (f"ALTER TABLE a ADD COLUMN b INT CHECK (b > 0), {INPLACE}", "does not know the rule"),
    (f"ALTER TABLE a ADD UNIQUE KEY u (b), {INPLACE}", "does not know the rule"),
    (f"ALTER TABLE a ADD PRIMARY KEY (b), {INPLACE}", "does not know the rule"),
    (f"ALTER TABLE a ADD CONSTRAINT f CHECK (b > 0), {INPLACE}", "does not know the rule"),
    (f"ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c (d), {INPLACE}", "does not know the rule"),
    ("CREATE UNIQUE INDEX i ON a (b) ALGORITHM=INPLACE LOCK=NONE", "does not know the rule"),
    (f"ALTER TABLE a ALTER b DROP DEFAULT, {INSTANT}", "leave the column out"),
    ("UPDATE a SET b = 1 WHERE b IS NULL LIMIT 10", "goes on writing"),
    ("DELETE FROM a WHERE b = 1 LIMIT 10", "goes on writing"),
    ("REPLACE INTO a VALUES (1)", "goes on writing"),
    ("INSERT INTO a VALUES (1) ON DUPLICATE KEY UPDATE b = 1", "goes on writing"),
    ("INSERT INTO a SELECT * FROM b LIMIT 10", "goes on writing"),
]
"""Refused in an expand migration, allowed in a contract one."""
NEVER = [
    ("ALTER TABLE a ADD COLUMN b INT", "may copy or lock"),
    ("ALTER TABLE a DROP COLUMN b", "may copy or lock"),
    ("ALTER TABLE a ADD COLUMN b INT COMMENT ', ALGORITHM=INSTANT'", "may copy or lock"),
    ("ALTER TABLE a ADD COLUMN b INT -- , ALGORITHM=INSTANT", "may copy or lock"),
    ("ALTER TABLE a ADD COLUMN b INT, ALGORITHM=COPY", "may copy or lock"),
    ("ALTER TABLE a ADD COLUMN b INT, ALGORITHM=INPLACE", "may copy or lock"),
    ("ALTER TABLE a ADD COLUMN b INT, ALGORITHM=INPLACE, LOCK=SHARED", "may copy or lock"),
    (f"ALTER TABLE a ADD COLUMN b INT, {INPLACE}, ALGORITHM=COPY", "may copy or lock"),
    (f"ALTER TABLE a ADD COLUMN b INT, {INPLACE}, ALGORITHM COPY", "may copy or lock"),
    ("ALTER TABLE a ADD COLUMN b INT, ALGORITHM=INSTANT, LOCK=NONE", "no LOCK beside"),
    ("CREATE INDEX i ON a (b)", "may copy or lock"),
    ("CREATE UNIQUE INDEX i ON a (b) ALGORITHM=INPLACE", "may copy or lock|does not know"),
    ("DROP INDEX i ON a ALGORITHM=INPLACE LOCK=NONE", "DROP INDEX cannot say"),
    (f"ALTER TABLE a ADD COLUMN IF NOT EXISTS b INT, {INSTANT}", "unlike MariaDB"),
    (f"ALTER TABLE IF EXISTS a ADD COLUMN b INT, {INSTANT}", "unlike MariaDB"),
    ("CREATE TABLE a AS SELECT * FROM b", "copies rows"),
    ("CREATE TABLE a TABLE b", "copies rows"),
    ("CREATE OR REPLACE TABLE a (b INT)", "CREATE OR is not known"),
    ("CREATE TRIGGER a BEFORE INSERT ON b FOR EACH ROW SET NEW.c = 1", "CREATE TRIGGER is not"),
    ("SET GLOBAL foreign_key_checks = 0", "SET GLOBAL is not known"),
    ("(SELECT 1)", "SELECT is not known"),
    ("'text'", "the statement is not known"),
]
UNKNOWN_CHANGES = [
    f"ALTER TABLE a ADD (b INT, c INT), {INSTANT}",
    f"ALTER TABLE a ADD FULLTEXT INDEX i (b), {INPLACE}",
    f"ALTER TABLE a ADD PARTITION (PARTITION p VALUES LESS THAN (9)), {INPLACE}",
    f"ALTER TABLE a ADD, {INPLACE}",
    f"ALTER TABLE a ENGINE = InnoDB, {INPLACE}",
    f"ALTER TABLE a CONVERT TO CHARACTER SET utf8mb4, {INPLACE}",
    f"ALTER TABLE a ALTER INDEX i INVISIBLE, {INPLACE}",
    f"ALTER TABLE a (b INT), {INPLACE}",
]


def judge(sql: str, phase: Phase) -> None:
    check(one_statement(sql), phase)


@pytest.mark.parametrize("phase", ["expand", "contract"])
@pytest.mark.parametrize("sql", ADDS)
def test_what_only_adds_is_allowed(sql: str, phase: Phase):
    judge(sql, phase)


@pytest.mark.parametrize(("sql", "reason"), TAKES)
def test_what_takes_away_or_tightens_is_refused_in_an_expand_migration(sql: str, reason: str):
    with pytest.raises(StatementError, match=reason):
        judge(sql, "expand")


@pytest.mark.parametrize("sql", [sql for sql, _ in TAKES])
def test_what_takes_away_or_tightens_is_allowed_in_a_contract_migration(sql: str):
    judge(sql, "contract")


@pytest.mark.parametrize("phase", ["expand", "contract"])
@pytest.mark.parametrize(("sql", "reason"), NEVER)
def test_what_may_stop_the_version_that_runs_is_always_refused(sql: str, reason: str, phase: Phase):
    with pytest.raises(StatementError, match=reason):
        judge(sql, phase)


@pytest.mark.parametrize("sql", UNKNOWN_CHANGES)
def test_an_unknown_change_of_a_table_is_refused_in_an_expand_migration(sql: str):
    with pytest.raises(StatementError, match=r"not known to the rules|that the rules know"):
        judge(sql, "expand")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE a SET b = 1",
        f"UPDATE a SET b = 1 LIMIT {MOST_ROWS + 1}",
        "UPDATE a SET b = 1 LIMIT 5, 20000",
        "DELETE FROM a WHERE b IN (SELECT c FROM d LIMIT 1)",
        "INSERT INTO a SELECT * FROM b",
        "REPLACE INTO a TABLE b",
    ],
)
def test_rows_are_changed_a_bounded_number_at_a_time(sql: str):
    with pytest.raises(StatementError, match=r"stay locked.* LIMIT 10000 or less"):
        judge(sql, "contract")


def test_the_line_is_that_of_the_change():
    sql = f"ALTER TABLE a\n  ADD COLUMN b INT,\n  DROP COLUMN c,\n  {INSTANT}"

    with pytest.raises(StatementError, match="line 3: "):
        judge(sql, "expand")


@given(
    st.sampled_from([sql for sql, _ in TAKES]),
    st.sampled_from([" ", "\n", " /* ADD */ ", " -- DEFAULT\n", "\t# ADD INDEX\n"]),
    st.sampled_from([str.upper, str.lower]),
)
def test_no_way_of_writing_hides_what_takes_away(sql: str, gap: str, case: type[str]):
    # Texts keep their words: none has a space that is not one of SQL's own.
    written = gap.join(case(sql).split(" ")) if "'" not in sql else case(sql)

    with pytest.raises(StatementError):
        judge(written, "expand")
