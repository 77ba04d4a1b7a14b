"""The demonstration: invented people at an invented place, and the sources they leave traces in."""
