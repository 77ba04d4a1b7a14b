"""Background work: the projector's loop, and the tasks of the queue."""
