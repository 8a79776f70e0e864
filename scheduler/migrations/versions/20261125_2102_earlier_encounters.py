"""earlier encounters"""

revision = 'c0de0202aa02'
down_revision = 'c0de0101aa01'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
