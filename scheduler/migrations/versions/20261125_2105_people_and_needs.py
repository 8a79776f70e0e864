"""people and needs"""

revision = 'c0de0505aa05'
down_revision = 'c0de0404aa04'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
