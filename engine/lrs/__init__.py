"""The record store: statements in commit order, the index over them, and the keys that open it."""
