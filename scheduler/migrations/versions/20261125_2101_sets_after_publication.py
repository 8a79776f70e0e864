"""sets after publication"""

revision = 'c0de0101aa01'
down_revision = 'c0de0000aa00'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
