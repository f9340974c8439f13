"""A legacy app for the demo: standard library only, and not a word about any gate in its code."""
