"""A gate in front of unmodified sites. Start reading at `model`, then `guard`."""

__version__ = "0.1.0"
