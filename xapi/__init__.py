"""The xAPI standard in plain Python (1.0.3 and 2.0): no web framework, no database, no engine."""
