"""intentions and directory"""

revision = 'c0de0303aa03'
down_revision = 'c0de0202aa02'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
