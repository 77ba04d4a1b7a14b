"""Competencies: from statements to evidence, from evidence to levels that explain themselves."""
