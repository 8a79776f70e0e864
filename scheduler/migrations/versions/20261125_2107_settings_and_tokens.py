"""settings and tokens"""

revision = 'c0de0707aa07'
down_revision = 'c0de0606aa06'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
