"""mail history"""

revision = 'c0de0909aa09'
down_revision = 'c0de0808aa08'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
