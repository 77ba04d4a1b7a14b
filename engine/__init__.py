"""Byway: an informal learning engine."""

__version__ = "0.1.0"
