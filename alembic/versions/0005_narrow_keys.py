"""Keys of texts without a row id, and two indexes less that begin another one

Revision: 0005, after 0004. A notice's keys stand all over their table, so that each is a page written: without a row id half as many.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = "key BIGINT NOT NULL, notice_id VARCHAR(32) NOT NULL"
KEYS = (
    "CONSTRAINT pk_text_key PRIMARY KEY (key, notice_id), CONSTRAINT fk_text_key_notice_id FOREIGN KEY (notice_id) REFERENCES notice (id)"
)


def upgrade() -> None:
    op.drop_index("ix_address_source_id", "address")
    op.drop_index("ix_revision_notice_id", "revision")
    _rebuild("WITHOUT ROWID")


def downgrade() -> None:
    _rebuild("")
    op.create_index("ix_revision_notice_id", "revision", ["notice_id"])
    op.create_index("ix_address_source_id", "address", ["source_id"])


def _rebuild(how: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ALTER TABLE text_key RENAME TO text_key_before")
    op.execute("DROP INDEX ix_text_key_notice_id")
    op.execute(f"CREATE TABLE text_key ({COLUMNS}, {KEYS}) {how}")
    op.execute("INSERT INTO text_key SELECT key, notice_id FROM text_key_before")  # no word of it comes from outside
    op.execute("DROP TABLE text_key_before")
    op.create_index("ix_text_key_notice_id", "text_key", ["notice_id"])
