"""earlier encounters"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = 'c0de0202aa02'
down_revision = 'c0de0101aa01'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('encounters_brought',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('rows', sa.JSON(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('made_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('written_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['organiser.id'], name=op.f('fk_encounters_brought_made_by_id_organiser')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_encounters_brought_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_encounters_brought'))
    )
    with op.batch_alter_table('encounters_brought', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_encounters_brought_programme_id'), ['programme_id'], unique=False)

    op.create_table('earlier_encounter',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('brought_id', sa.Integer(), nullable=False),
    sa.Column('one_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=False),
    sa.Column('held_on', sa.String(length=10), nullable=False),
    sa.Column('occasion', sa.String(length=200), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['brought_id'], ['encounters_brought.id'], name=op.f('fk_earlier_encounter_brought_id_encounters_brought'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['one_id'], ['trust.id'], name=op.f('fk_earlier_encounter_one_id_trust'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['other_id'], ['trust.id'], name=op.f('fk_earlier_encounter_other_id_trust'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_earlier_encounter_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_earlier_encounter')),
    sa.UniqueConstraint('one_id', 'other_id', 'held_on', 'occasion', name=op.f('uq_earlier_encounter_one_id_other_id_held_on_occasion'))
    )
    with op.batch_alter_table('earlier_encounter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_earlier_encounter_brought_id'), ['brought_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_earlier_encounter_other_id'), ['other_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_earlier_encounter_programme_id'), ['programme_id'], unique=False)


def downgrade() -> None:
    op.drop_table('earlier_encounter')
    op.drop_table('encounters_brought')
