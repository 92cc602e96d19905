"""What titles refuse is measured: when an address was looked at as a sample

Revision: 0003, after 0002. No view names the table, so none has to be made again.
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("address", sa.Column("sampled", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("address", "sampled")
