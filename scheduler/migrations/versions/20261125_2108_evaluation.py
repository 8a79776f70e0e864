"""evaluation"""

revision = 'c0de0808aa08'
down_revision = 'c0de0707aa07'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
