"""How sure recognised text is: column attachment.confidence

Revision: 0004, after 0003. Adding a column touches no view.
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("confidence", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("attachment", "confidence")
