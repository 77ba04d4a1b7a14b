"""The built-in source plugins: they import `engine.api` only, like any third-party plugin."""
