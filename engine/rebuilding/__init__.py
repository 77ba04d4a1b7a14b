"""Working everything out again from the log, by one process, several, or a cluster."""
