"""interviews and proposals"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = 'c0de0606aa06'
down_revision = 'c0de0505aa05'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('proposal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('topic', 'date', 'host', name='proposalkind', native_enum=False, length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('made_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('open', 'taken up', 'declined', 'withdrawn', name='proposalstate', native_enum=False, length=40), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_proposal_event_id_event'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_proposal_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_proposal_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal'))
    )
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposal_event_id'), ['event_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_proposal_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_proposal_programme_id'), ['programme_id'], unique=False)

    op.create_table('heard',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('pair_id', sa.Integer(), nullable=False),
    sa.Column('themes', sa.JSON(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('written_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('written_by_id', sa.Integer(), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_heard_event_id_event'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['pair_id'], ['pair.id'], name=op.f('fk_heard_pair_id_pair'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_heard_programme_id_programme'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['written_by_id'], ['organiser.id'], name=op.f('fk_heard_written_by_id_organiser')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_heard')),
    sa.UniqueConstraint('event_id', 'pair_id', name=op.f('uq_heard_event_id_pair_id'))
    )
    with op.batch_alter_table('heard', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_heard_pair_id'), ['pair_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_heard_programme_id'), ['programme_id'], unique=False)

    op.create_table('proposal_support',
    sa.Column('proposal_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_proposal_support_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_proposal_support_proposal_id_proposal'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('proposal_id', 'person_id', name=op.f('pk_proposal_support'))
    )
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.add_column(sa.Column('themes', sa.JSON(), nullable=False, server_default='[]'))
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.alter_column('themes', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_column('themes')

    op.drop_table('proposal_support')
    with op.batch_alter_table('heard', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_heard_programme_id'))
        batch_op.drop_index(batch_op.f('ix_heard_pair_id'))

    op.drop_table('heard')
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_proposal_programme_id'))
        batch_op.drop_index(batch_op.f('ix_proposal_person_id'))
        batch_op.drop_index(batch_op.f('ix_proposal_event_id'))

    op.drop_table('proposal')
