"""mail history"""

from alembic import op
import sqlalchemy as sa

import scheduler.extensions


revision = 'c0de0909aa09'
down_revision = 'c0de0808aa08'
branch_labels = None
depends_on = None


def upgrade() -> None:
    kinds = sa.Enum('reply', 'mail-stopped', 'plan-finished', 'all-answered', 'digest', name='alertkind', native_enum=False, length=40)
    moment = scheduler.extensions.UtcDateTime(timezone=True)
    op.create_table('alert_off',
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('kind', kinds, nullable=False),
    sa.ForeignKeyConstraint(['organiser_id'], ['organiser.id'], name=op.f('fk_alert_off_organiser_id_organiser'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('organiser_id', 'kind', name=op.f('pk_alert_off'))
    )
    op.create_table('alert_told',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('organiser_id', sa.Integer(), nullable=False),
    sa.Column('kind', kinds, nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('told_at', moment, nullable=False),
    sa.ForeignKeyConstraint(['organiser_id'], ['organiser.id'], name=op.f('fk_alert_told_organiser_id_organiser'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_alert_told_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_told')),
    sa.UniqueConstraint('organiser_id', 'key', name=op.f('uq_alert_told_organiser_id_key'))
    )
    op.create_index(op.f('ix_alert_told_programme_id'), 'alert_told', ['programme_id'])
    op.create_table('alert_watch',
    sa.Column('programme_id', sa.Integer(), nullable=False),
    sa.Column('answers_seen_until', moment, nullable=True),
    sa.Column('digest_on', sa.Date(), nullable=True),
    sa.Column('digest_said', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_alert_watch_programme_id_programme'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('programme_id', name=op.f('pk_alert_watch'))
    )
    op.create_table('delivery_try',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('began_at', moment, nullable=False),
    sa.Column('ended_at', moment, nullable=True),
    sa.Column('fate', sa.String(length=20), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['outbox_message.id'], name=op.f('fk_delivery_try_message_id_outbox_message'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_try'))
    )
    op.create_index(op.f('ix_delivery_try_message_id'), 'delivery_try', ['message_id'])
    op.create_table('told_unplaced',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('told_at', moment, nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_told_unplaced_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['plan_id'], ['plan.id'], name=op.f('fk_told_unplaced_plan_id_plan'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_told_unplaced')),
    sa.UniqueConstraint('plan_id', 'person_id', name=op.f('uq_told_unplaced_plan_id_person_id'))
    )
    op.create_index(op.f('ix_told_unplaced_person_id'), 'told_unplaced', ['person_id'])


def downgrade() -> None:
    for table in ('told_unplaced', 'delivery_try', 'alert_watch', 'alert_told', 'alert_off'):
        op.drop_table(table)
