"""People look at one item of somebody else who asked them to, and say what they make of it."""
