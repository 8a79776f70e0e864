"""board moves"""

revision = 'c0de0404aa04'
down_revision = 'c0de0303aa03'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
