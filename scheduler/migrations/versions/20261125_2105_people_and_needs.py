"""people and needs"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = 'c0de0505aa05'
down_revision = 'c0de0404aa04'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('retention',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('needs_days', sa.Integer(), nullable=False),
    sa.Column('received_days', sa.Integer(), nullable=False),
    sa.Column('sent_days', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_retention_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention')),
    sa.UniqueConstraint('programme_id', name=op.f('uq_retention_programme_id'))
    )
    op.create_table('access_needs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('access', sa.Text(), nullable=False),
    sa.Column('dietary', sa.Text(), nullable=False),
    sa.Column('saved_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_access_needs_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_access_needs_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_needs')),
    sa.UniqueConstraint('person_id', name=op.f('uq_access_needs_person_id'))
    )
    with op.batch_alter_table('access_needs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_access_needs_programme_id'), ['programme_id'], unique=False)

    op.create_table('address_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_address_change_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_address_change_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address_change')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_address_change_token_hash'))
    )
    with op.batch_alter_table('address_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_address_change_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_address_change_programme_id'), ['programme_id'], unique=False)

    op.create_table('assistant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('added_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_assistant_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_assistant_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assistant')),
    sa.UniqueConstraint('person_id', name=op.f('uq_assistant_person_id'))
    )
    with op.batch_alter_table('assistant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assistant_programme_id'), ['programme_id'], unique=False)

    op.create_table('erasure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('done_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['asked_by_id'], ['organiser.id'], name=op.f('fk_erasure_asked_by_id_organiser')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_erasure_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_erasure_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure')),
    sa.UniqueConstraint('person_id', name=op.f('uq_erasure_person_id'))
    )
    with op.batch_alter_table('erasure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_erasure_programme_id'), ['programme_id'], unique=False)

    op.create_table('merging',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kept_id', sa.Integer(), nullable=False),
    sa.Column('gone_id', sa.Integer(), nullable=False),
    sa.Column('merged_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('merged_by_id', sa.Integer(), nullable=True),
    sa.Column('moved', sa.JSON(), nullable=False),
    sa.Column('undone_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['gone_id'], ['person.id'], name=op.f('fk_merging_gone_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['kept_id'], ['person.id'], name=op.f('fk_merging_kept_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['merged_by_id'], ['organiser.id'], name=op.f('fk_merging_merged_by_id_organiser')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_merging_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merging'))
    )
    with op.batch_alter_table('merging', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_merging_gone_id'), ['gone_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_merging_kept_id'), ['kept_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_merging_programme_id'), ['programme_id'], unique=False)

    op.create_table('wish_to_leave',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('told_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('settled_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_wish_to_leave_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_wish_to_leave_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wish_to_leave')),
    sa.UniqueConstraint('person_id', name=op.f('uq_wish_to_leave_person_id'))
    )
    with op.batch_alter_table('wish_to_leave', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wish_to_leave_programme_id'), ['programme_id'], unique=False)

    op.create_table('invitation_copy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('copy_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['copy_id'], ['outbox_message.id'], name=op.f('fk_invitation_copy_copy_id_outbox_message'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['message_id'], ['outbox_message.id'], name=op.f('fk_invitation_copy_message_id_outbox_message'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_invitation_copy_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation_copy')),
    sa.UniqueConstraint('message_id', name=op.f('uq_invitation_copy_message_id'))
    )
    with op.batch_alter_table('invitation_copy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitation_copy_copy_id'), ['copy_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invitation_copy_programme_id'), ['programme_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('invitation_copy', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitation_copy_programme_id'))
        batch_op.drop_index(batch_op.f('ix_invitation_copy_copy_id'))

    op.drop_table('invitation_copy')
    with op.batch_alter_table('wish_to_leave', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wish_to_leave_programme_id'))

    op.drop_table('wish_to_leave')
    with op.batch_alter_table('merging', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_merging_programme_id'))
        batch_op.drop_index(batch_op.f('ix_merging_kept_id'))
        batch_op.drop_index(batch_op.f('ix_merging_gone_id'))

    op.drop_table('merging')
    with op.batch_alter_table('erasure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_erasure_programme_id'))

    op.drop_table('erasure')
    with op.batch_alter_table('assistant', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_assistant_programme_id'))

    op.drop_table('assistant')
    with op.batch_alter_table('address_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_address_change_programme_id'))
        batch_op.drop_index(batch_op.f('ix_address_change_person_id'))

    op.drop_table('address_change')
    with op.batch_alter_table('access_needs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_access_needs_programme_id'))

    op.drop_table('access_needs')
    op.drop_table('retention')
