"""Which plugins are installed and enabled, by generation: install, upgrade, roll back."""
