"""intentions and directory"""

from typing import Any

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = 'c0de0303aa03'
down_revision = 'c0de0202aa02'
branch_labels = None
depends_on = None


def _of_programme(table: str) -> tuple[sa.Column, sa.ForeignKeyConstraint, sa.PrimaryKeyConstraint]:
    return (
        sa.Column('programme_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f(f'fk_{table}_programme_id_programme'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
    )


def _refers(table: str, column: str, to: str, **also: Any) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f'{to}.id'], name=op.f(f'fk_{table}_{column}_{to}'), **also)


INDEXES = (
    ('theme', 'programme_id'),
    ('intention_text', 'programme_id'),
    ('intention_text', 'pair_id'),
    ('intention_word', 'programme_id'),
    ('intention_word', 'pair_id'),
    ('sponsor_confirmation', 'programme_id'),
    ('sponsor_confirmation', 'pair_id'),
    ('directory_entry', 'programme_id'),
)


def upgrade() -> None:
    op.create_table('theme',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    *_of_programme('theme'),
    sa.UniqueConstraint('programme_id', 'name', name=op.f('uq_theme_programme_id_name'))
    )
    op.create_table('intention_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pair_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('themes', sa.JSON(), nullable=False),
    sa.Column('written_by_id', sa.Integer(), nullable=True),
    sa.Column('written_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    *_of_programme('intention_text'),
    _refers('intention_text', 'pair_id', 'pair', ondelete='CASCADE'),
    _refers('intention_text', 'written_by_id', 'person'),
    sa.UniqueConstraint('pair_id', 'number', name=op.f('uq_intention_text_pair_id_number'))
    )
    op.create_table('intention_word',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pair_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('headway', sa.Enum('not started', 'started', 'making a difference', 'changed course', name='headway', native_enum=False, length=40), nullable=False),
    sa.Column('words', sa.String(length=280), nullable=False),
    sa.Column('said_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    *_of_programme('intention_word'),
    _refers('intention_word', 'pair_id', 'pair', ondelete='CASCADE'),
    _refers('intention_word', 'person_id', 'person'),
    )
    op.create_table('sponsor_confirmation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pair_id', sa.Integer(), nullable=False),
    sa.Column('sponsor_id', sa.Integer(), nullable=False),
    sa.Column('director_id', sa.Integer(), nullable=True),
    sa.Column('manager_id', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    *_of_programme('sponsor_confirmation'),
    _refers('sponsor_confirmation', 'pair_id', 'pair', ondelete='CASCADE'),
    *(_refers('sponsor_confirmation', column, 'person') for column in ('sponsor_id', 'director_id', 'manager_id')),
    )
    op.create_table('directory_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    *(sa.Column(f'shows_{what}', sa.Boolean(), nullable=False) for what in ('name', 'role', 'trust', 'themes', 'email')),
    sa.Column('ask_me_about', sa.String(length=200), nullable=False),
    sa.Column('listed_at', scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    *_of_programme('directory_entry'),
    _refers('directory_entry', 'person_id', 'person', ondelete='CASCADE'),
    sa.UniqueConstraint('person_id', name=op.f('uq_directory_entry_person_id'))
    )
    for table, column in INDEXES:
        op.create_index(op.f(f'ix_{table}_{column}'), table, [column], unique=False)
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ends_on', sa.Date(), nullable=True))
    with op.batch_alter_table('cohort', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ended_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('version', sa.Integer(), server_default='1', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('cohort', schema=None) as batch_op:
        batch_op.drop_column('version')
        batch_op.drop_column('ended_on')
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.drop_column('ends_on')
    for table in ('directory_entry', 'sponsor_confirmation', 'intention_word', 'intention_text', 'theme'):
        op.drop_table(table)
