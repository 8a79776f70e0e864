"""mailbox watch"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = '2b7d90e6c5f1'
down_revision = '9c0d2e71ab45'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mailbox_watch',
    sa.Column('mailbox', sa.String(length=500), nullable=False),
    sa.Column('held_by', sa.String(length=100), nullable=False),
    sa.Column('held_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('uid_validity', sa.BigInteger(), nullable=True),
    sa.Column('uid', sa.BigInteger(), nullable=False),
    sa.Column('failed', sa.JSON(), nullable=False),
    sa.Column('looked_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('trouble', sa.String(length=200), nullable=False),
    sa.Column('trouble_since', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('mailbox', name=op.f('pk_mailbox_watch'))
    )


def downgrade() -> None:
    op.drop_table('mailbox_watch')
