"""Sources: instances and their doors, deliveries, items and their revisions, runs, undo."""
