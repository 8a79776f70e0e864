"""board moves"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions

revision = 'c0de0404aa04'
down_revision = 'c0de0303aa03'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('board_move',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.Enum('party', 'facilitator', 'meeting', name='movekind', native_enum=False, length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('round', sa.String(length=200), nullable=True),
    sa.Column('was', sa.String(length=200), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('why', sa.JSON(), nullable=False),
    sa.Column('gone', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('who', sa.String(length=200), nullable=False),
    sa.Column('where_to', sa.String(length=400), nullable=False),
    sa.Column('edit', sa.Integer(), nullable=False),
    sa.Column('undone', sa.Boolean(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['organiser.id'], name=op.f('fk_board_move_by_id_organiser')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_board_move_plan_id_plan'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_board_move'))
    )
    with op.batch_alter_table('board_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_board_move_plan_id'), ['plan_id'], unique=False)

    op.create_table('board_presence',
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('seen_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organiser_id'], ['organiser.id'], name=op.f('fk_board_presence_organiser_id_organiser'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_board_presence_plan_id_plan'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('plan_id', 'organiser_id', name=op.f('pk_board_presence'))
    )
    op.create_table('overruling',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('move_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=200), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('attribute', sa.String(length=60), nullable=False),
    sa.Column('mix_limit', sa.String(length=20), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('present', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['move_id'], ['board_move.id'], name=op.f('fk_overruling_move_id_board_move'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_overruling'))
    )
    with op.batch_alter_table('overruling', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_overruling_move_id'), ['move_id'], unique=False)

    op.create_table('what_if',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('made_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('base_objective', sa.BigInteger(), nullable=False),
    sa.Column('base_terms', sa.JSON(), nullable=False),
    sa.Column('base_edits', sa.Integer(), nullable=False),
    sa.Column('problem', sa.JSON(), nullable=False),
    sa.Column('start', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('result', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('solver_status', sa.String(length=20), nullable=True),
    sa.Column('objective', sa.BigInteger(), nullable=True),
    sa.Column('bound', sa.BigInteger(), nullable=True),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('conflict', sa.JSON(), nullable=False),
    sa.Column('run_state', sa.Enum('queued', 'running', 'finished', 'failed', name='runstate', native_enum=False, length=40), nullable=False),
    sa.Column('run_end', sa.Enum('proven', 'time limit', 'stopped', 'infeasible', 'nothing found', 'out of memory', 'crashed', 'edited by hand', name='runend', native_enum=False, length=40), nullable=True),
    sa.Column('run_note', sa.Text(), nullable=False),
    sa.Column('time_limit', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('beat_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('started_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('kept_as_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['kept_as_id'], ['plan.id'], name=op.f('fk_what_if_kept_as_id_plan'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['made_by_id'], ['organiser.id'], name=op.f('fk_what_if_made_by_id_organiser')),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_what_if_plan_id_plan'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_what_if_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_what_if'))
    )
    with op.batch_alter_table('what_if', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_what_if_plan_id'), ['plan_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_what_if_programme_id'), ['programme_id'], unique=False)

    # Not in a batch: SQLite would copy the table, and with it let go of all that hangs on its rows.
    op.add_column('plan', sa.Column('begins_from', sa.Integer(), nullable=True))
    op.add_column('plan', sa.Column('assumes', sa.JSON(), server_default='[]', nullable=False))


def downgrade() -> None:
    op.drop_column('plan', 'assumes')
    op.drop_column('plan', 'begins_from')

    with op.batch_alter_table('what_if', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_what_if_programme_id'))
        batch_op.drop_index(batch_op.f('ix_what_if_plan_id'))

    op.drop_table('what_if')
    with op.batch_alter_table('overruling', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_overruling_move_id'))

    op.drop_table('overruling')
    op.drop_table('board_presence')
    with op.batch_alter_table('board_move', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_board_move_plan_id'))

    op.drop_table('board_move')
