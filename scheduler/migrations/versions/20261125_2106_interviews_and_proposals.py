"""interviews and proposals"""

revision = 'c0de0606aa06'
down_revision = 'c0de0505aa05'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
