"""attendance"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = 'c0de0000aa00'
down_revision = '2b7d90e6c5f1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notice_off',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('day-before', 'thank-you', name='noticekind', native_enum=False, length=40), nullable=False),
    sa.Column('off_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('off_by_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['off_by_id'], ['organiser.id'], name=op.f('fk_notice_off_off_by_id_organiser')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_notice_off_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_off')),
    sa.UniqueConstraint('programme_id', 'kind', name=op.f('uq_notice_off_programme_id_kind'))
    )
    with op.batch_alter_table('notice_off', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_off_programme_id'), ['programme_id'], unique=False)

    op.create_table('check_in_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('helper', sa.String(length=200), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('revoked_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['organiser.id'], name=op.f('fk_check_in_link_made_by_id_organiser')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_check_in_link_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_check_in_link_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_check_in_link_token_hash'))
    )
    with op.batch_alter_table('check_in_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_in_link_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_check_in_link_session_id'), ['session_id'], unique=False)

    op.create_table('session_notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('day-before', 'thank-you', name='noticekind', native_enum=False, length=40), nullable=False),
    sa.Column('queued_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_session_notice_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_session_notice_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_session_notice_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session_notice')),
    sa.UniqueConstraint('session_id', 'person_id', 'kind', name=op.f('uq_session_notice_session_id_person_id_kind'))
    )
    with op.batch_alter_table('session_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_session_notice_programme_id'), ['programme_id'], unique=False)

    op.create_table('table_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('queued', 'running', 'finished', 'failed', name='runstate', native_enum=False, length=40), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.JSON(), nullable=False),
    sa.Column('result', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['organiser.id'], name=op.f('fk_table_plan_made_by_id_organiser')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_table_plan_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_table_plan_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_table_plan')),
    sa.UniqueConstraint('session_id', name=op.f('uq_table_plan_session_id'))
    )
    with op.batch_alter_table('table_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_table_plan_programme_id'), ['programme_id'], unique=False)

    op.create_table('attendance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('trust_id', sa.Integer(), nullable=True),
    sa.Column('walk_in', sa.String(length=420), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('trust_name', sa.String(length=200), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('deputy_role', sa.String(length=200), nullable=False),
    sa.Column('deputy_email', sa.String(length=320), nullable=False),
    sa.Column('deputy_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('present', 'apologies', 'absent', 'deputy', name='presence', native_enum=False, length=40), nullable=False),
    sa.Column('deputy_name', sa.String(length=200), nullable=False),
    sa.Column('marked_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('kept_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=True),
    sa.Column('link_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['deputy_id'], ['person.id'], name=op.f('fk_attendance_deputy_id_person')),
    sa.ForeignKeyConstraint(['link_id'], ['check_in_link.id'], name=op.f('fk_attendance_link_id_check_in_link'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organiser_id'], ['organiser.id'], name=op.f('fk_attendance_organiser_id_organiser')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_attendance_person_id_person')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_attendance_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_attendance_session_id_session'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trust_id'], ['trust.id'], name=op.f('fk_attendance_trust_id_trust'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('session_id', 'person_id', name=op.f('uq_attendance_session_id_person_id')),
    sa.UniqueConstraint('session_id', 'walk_in', name=op.f('uq_attendance_session_id_walk_in'))
    )
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_trust_id'), ['trust_id'], unique=False)

    op.create_table('check_in_tap',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('attendance_id', sa.Integer(), nullable=True),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('present', 'apologies', 'absent', 'deputy', name='presence', native_enum=False, length=40), nullable=False),
    sa.Column('deputy_name', sa.String(length=200), nullable=False),
    sa.Column('marked_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('kept_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=True),
    sa.Column('link_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['attendance_id'], ['attendance.id'], name=op.f('fk_check_in_tap_attendance_id_attendance'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['link_id'], ['check_in_link.id'], name=op.f('fk_check_in_tap_link_id_check_in_link'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organiser_id'], ['organiser.id'], name=op.f('fk_check_in_tap_organiser_id_organiser')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_check_in_tap_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_check_in_tap_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in_tap')),
    sa.UniqueConstraint('session_id', 'key', name=op.f('uq_check_in_tap_session_id_key'))
    )
    with op.batch_alter_table('check_in_tap', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_in_tap_attendance_id'), ['attendance_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_check_in_tap_programme_id'), ['programme_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('check_in_tap', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_check_in_tap_programme_id'))
        batch_op.drop_index(batch_op.f('ix_check_in_tap_attendance_id'))

    op.drop_table('check_in_tap')
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_trust_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_programme_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_person_id'))

    op.drop_table('attendance')
    with op.batch_alter_table('table_plan', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_table_plan_programme_id'))

    op.drop_table('table_plan')
    with op.batch_alter_table('session_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_session_notice_programme_id'))

    op.drop_table('session_notice')
    with op.batch_alter_table('check_in_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_check_in_link_session_id'))
        batch_op.drop_index(batch_op.f('ix_check_in_link_programme_id'))

    op.drop_table('check_in_link')
    with op.batch_alter_table('notice_off', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notice_off_programme_id'))

    op.drop_table('notice_off')
