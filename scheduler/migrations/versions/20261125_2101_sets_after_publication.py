"""sets after publication"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions
import scheduler.models.columns


revision = 'c0de0101aa01'
down_revision = 'c0de0000aa00'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('set_proposal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('edits', sa.Integer(), nullable=False),
    sa.Column('sets', sa.JSON(), nullable=False),
    sa.Column('proposed_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('proposed_by_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_set_proposal_plan_id_plan'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_set_proposal_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['organiser.id'], name=op.f('fk_set_proposal_proposed_by_id_organiser')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_proposal')),
    sa.UniqueConstraint('plan_id', 'round', name=op.f('uq_set_proposal_plan_id_round'))
    )
    with op.batch_alter_table('set_proposal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_set_proposal_programme_id'), ['programme_id'], unique=False)

    op.create_table('own_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('began_with', sa.Integer(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('facilitator_id', sa.Integer(), nullable=True),
    sa.Column('released_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('released_by_id', sa.Integer(), nullable=True),
    sa.Column('closed_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['closed_by_id'], ['person.id'], name=op.f('fk_own_set_closed_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_own_set_event_id_event'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['facilitator_id'], ['facilitator.id'], name=op.f('fk_own_set_facilitator_id_facilitator'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_own_set_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['released_by_id'], ['organiser.id'], name=op.f('fk_own_set_released_by_id_organiser')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_own_set'))
    )
    with op.batch_alter_table('own_set', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_own_set_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index('ix_own_set_running', ['event_id', 'number'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('proposal_letter',
    sa.Column('proposal_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_proposal_letter_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['proposal_id'], ['set_proposal.id'], name=op.f('fk_proposal_letter_proposal_id_set_proposal'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('proposal_id', 'person_id', name=op.f('pk_proposal_letter'))
    )
    with op.batch_alter_table('proposal_letter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposal_letter_person_id'), ['person_id'], unique=False)

    op.create_table('set_objection',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('proposal_id', sa.Integer(), nullable=False),
    sa.Column('reason', scheduler.models.columns.Sealed(), nullable=False),
    sa.Column('written_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('dealt_with_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('dealt_with_by_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['dealt_with_by_id'], ['organiser.id'], name=op.f('fk_set_objection_dealt_with_by_id_organiser')),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_set_objection_event_id_event'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_set_objection_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_set_objection_plan_id_plan'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_set_objection_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['proposal_id'], ['set_proposal.id'], name=op.f('fk_set_objection_proposal_id_set_proposal'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_objection')),
    sa.UniqueConstraint('plan_id', 'event_id', 'person_id', name=op.f('uq_set_objection_plan_id_event_id_person_id'))
    )
    with op.batch_alter_table('set_objection', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_set_objection_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_set_objection_programme_id'), ['programme_id'], unique=False)

    op.create_table('asked_to_join',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('set_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('answered_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('joined', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_asked_to_join_asked_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_asked_to_join_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['set_id'], ['own_set.id'], name=op.f('fk_asked_to_join_set_id_own_set'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_asked_to_join'))
    )
    with op.batch_alter_table('asked_to_join', schema=None) as batch_op:
        batch_op.create_index('ix_asked_to_join_open', ['set_id', 'person_id'], unique=True, sqlite_where=sa.text('answered_at IS NULL'), postgresql_where=sa.text('answered_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_asked_to_join_person_id'), ['person_id'], unique=False)

    op.create_table('own_set_member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('set_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('joined_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('left_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_own_set_member_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['set_id'], ['own_set.id'], name=op.f('fk_own_set_member_set_id_own_set'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_own_set_member'))
    )
    with op.batch_alter_table('own_set_member', schema=None) as batch_op:
        batch_op.create_index('ix_own_set_member_here', ['set_id', 'person_id'], unique=True, sqlite_where=sa.text('left_at IS NULL'), postgresql_where=sa.text('left_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_own_set_member_person_id'), ['person_id'], unique=False)

    op.create_table('date_choice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('set_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=500), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('opened_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('opened_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.Column('session_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['ended_by_id'], ['person.id'], name=op.f('fk_date_choice_ended_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['opened_by_id'], ['person.id'], name=op.f('fk_date_choice_opened_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_date_choice_session_id_session'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['set_id'], ['own_set.id'], name=op.f('fk_date_choice_set_id_own_set'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_date_choice'))
    )
    with op.batch_alter_table('date_choice', schema=None) as batch_op:
        batch_op.create_index('ix_date_choice_open', ['set_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_date_choice_set_id'), ['set_id'], unique=False)

    op.create_table('offered_date',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('choice_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('offered_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('offered_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['choice_id'], ['date_choice.id'], name=op.f('fk_offered_date_choice_id_date_choice'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['offered_by_id'], ['person.id'], name=op.f('fk_offered_date_offered_by_id_person'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offered_date')),
    sa.UniqueConstraint('choice_id', 'starts_at', name=op.f('uq_offered_date_choice_id_starts_at'))
    )
    op.create_table('offered_answer',
    sa.Column('offered_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('answer', sa.Enum('yes', 'if-need-be', 'no', name='answer', native_enum=False, length=40), nullable=False),
    sa.Column('answered_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['offered_id'], ['offered_date.id'], name=op.f('fk_offered_answer_offered_id_offered_date'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_offered_answer_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('offered_id', 'person_id', name=op.f('pk_offered_answer'))
    )
    with op.batch_alter_table('offered_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_offered_answer_person_id'), ['person_id'], unique=False)

    op.create_table('own_meeting',
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('set_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_own_meeting_session_id_session'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['set_id'], ['own_set.id'], name=op.f('fk_own_meeting_set_id_own_set'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_own_meeting'))
    )
    with op.batch_alter_table('own_meeting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_own_meeting_set_id'), ['set_id'], unique=False)

    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_own_meeting', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.drop_column('is_own_meeting')

    with op.batch_alter_table('own_meeting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_own_meeting_set_id'))

    op.drop_table('own_meeting')
    with op.batch_alter_table('offered_answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_offered_answer_person_id'))

    op.drop_table('offered_answer')
    op.drop_table('offered_date')
    with op.batch_alter_table('date_choice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_date_choice_set_id'))
        batch_op.drop_index('ix_date_choice_open', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.drop_table('date_choice')
    with op.batch_alter_table('own_set_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_own_set_member_person_id'))
        batch_op.drop_index('ix_own_set_member_here', sqlite_where=sa.text('left_at IS NULL'), postgresql_where=sa.text('left_at IS NULL'))

    op.drop_table('own_set_member')
    with op.batch_alter_table('asked_to_join', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_asked_to_join_person_id'))
        batch_op.drop_index('ix_asked_to_join_open', sqlite_where=sa.text('answered_at IS NULL'), postgresql_where=sa.text('answered_at IS NULL'))

    op.drop_table('asked_to_join')
    with op.batch_alter_table('set_objection', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_set_objection_programme_id'))
        batch_op.drop_index(batch_op.f('ix_set_objection_person_id'))

    op.drop_table('set_objection')
    with op.batch_alter_table('proposal_letter', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_proposal_letter_person_id'))

    op.drop_table('proposal_letter')
    with op.batch_alter_table('own_set', schema=None) as batch_op:
        batch_op.drop_index('ix_own_set_running', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_own_set_programme_id'))

    op.drop_table('own_set')
    with op.batch_alter_table('set_proposal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_set_proposal_programme_id'))

    op.drop_table('set_proposal')
