"""plan shares"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions
import scheduler.models.columns


revision = 'c1d7a04be592'
down_revision = '70dc5e19538c'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('plan_share',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('worker', sa.String(length=100), nullable=False),
    sa.Column('beat_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('objective', sa.BigInteger(), nullable=True),
    sa.Column('bound', sa.BigInteger(), nullable=False),
    sa.Column('result', sa.JSON(none_as_null=True), nullable=True),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_plan_share_plan_id_plan'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_share')),
    sa.UniqueConstraint('plan_id', 'number', name=op.f('uq_plan_share_plan_id_number'))
    )


def downgrade() -> None:
    op.drop_table('plan_share')
