"""The example package has its own tests, which run where it is installed."""

collect_ignore = ["plugin_example"]
