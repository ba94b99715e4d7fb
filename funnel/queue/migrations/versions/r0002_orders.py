"""Which order a complaint is about, so that cases about one order are found."""

import sqlalchemy as sa

from funnel.queue.migrations import prefixed as op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = ("order_key", "platform_ref", "merchant_ref", "shop_ref")


def upgrade() -> None:
    """Add the columns. Of complaints taken in before, the number as it was written is all there is to know them by."""
    for name in _COLUMNS:
        op.add_column("complaint", sa.Column(name, sa.String(length=2000), nullable=True))
    op.copy_column("complaint", "order_ref", "order_key")
    op.create_index("ix_complaint_order", "complaint", ["tenant", "order_key", "merchant_ref", "id"], unique=False)


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_complaint_order", table_name="complaint")
    for name in _COLUMNS:
        op.drop_column("complaint", name)
