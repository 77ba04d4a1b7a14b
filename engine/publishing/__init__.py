"""Results that flow back: assertions of levels, grants that people confirm, and Open Badges."""
