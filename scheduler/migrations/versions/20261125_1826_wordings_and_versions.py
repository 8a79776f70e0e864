"""own wordings, and versions of one sequence"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = '7b1f40c2d9e3'
down_revision = '42f73c46bc8d'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('own_wording',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mail', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('changed_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['organiser.id'], name=op.f('fk_own_wording_changed_by_id_organiser')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_own_wording_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_own_wording')),
    sa.UniqueConstraint('programme_id', 'mail', name=op.f('uq_own_wording_programme_id_mail'))
    )
    with op.batch_alter_table('own_wording', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_own_wording_programme_id'), ['programme_id'], unique=False)
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('venue_id', sa.Integer(), nullable=True))
    # SQLite copies the table to change a constraint. Its rows are few and nothing refers to them.
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('dtstamp', scheduler.extensions.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('first_tried_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_outbox_message_uid_sequence_method'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_outbox_message_uid_sequence_method_dtstamp'), ['uid', 'sequence', 'method', 'dtstamp'])


def downgrade() -> None:
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_outbox_message_uid_sequence_method_dtstamp'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_outbox_message_uid_sequence_method'), ['uid', 'sequence', 'method'])
        batch_op.drop_column('first_tried_at')
        batch_op.drop_column('dtstamp')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_column('venue_id')
    op.drop_table('own_wording')
