"""attendance"""

revision = 'c0de0000aa00'
down_revision = '2b7d90e6c5f1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
