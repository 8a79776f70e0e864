"""evaluation"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = 'c0de0808aa08'
down_revision = 'c0de0606aa06'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('evaluation_wave',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave', sa.Enum('before', 'after', name='wave', native_enum=False, length=40), nullable=False),
    sa.Column('opened_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('closed_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_evaluation_wave_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluation_wave')),
    sa.UniqueConstraint('programme_id', 'wave', name=op.f('uq_evaluation_wave_programme_id_wave'))
    )
    with op.batch_alter_table('evaluation_wave', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_evaluation_wave_programme_id'), ['programme_id'], unique=False)

    op.create_table('evaluation_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('trust_id', sa.Integer(), nullable=False),
    sa.Column('agreed_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('answered_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_evaluation_answer_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trust_id'], ['trust.id'], name=op.f('fk_evaluation_answer_trust_id_trust'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['wave_id'], ['evaluation_wave.id'], name=op.f('fk_evaluation_answer_wave_id_evaluation_wave'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluation_answer')),
    sa.UniqueConstraint('wave_id', 'person_id', name=op.f('uq_evaluation_answer_wave_id_person_id'))
    )
    with op.batch_alter_table('evaluation_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_evaluation_answer_person_id'), ['person_id'], unique=False)

    op.create_table('relation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('trust_id', sa.Integer(), nullable=False),
    sa.Column('tie', sa.Enum('know', 'would call', 'have worked with', name='tie', native_enum=False, length=40), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['evaluation_answer.id'], name=op.f('fk_relation_answer_id_evaluation_answer'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trust_id'], ['trust.id'], name=op.f('fk_relation_trust_id_trust'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_relation')),
    sa.UniqueConstraint('answer_id', 'trust_id', name=op.f('uq_relation_answer_id_trust_id'))
    )
    with op.batch_alter_table('relation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_relation_trust_id'), ['trust_id'], unique=False)


def downgrade() -> None:
    op.drop_table('relation')
    op.drop_table('evaluation_answer')
    op.drop_table('evaluation_wave')
