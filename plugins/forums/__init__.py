"""What the plugins of forums and communities share; it registers nothing itself."""
