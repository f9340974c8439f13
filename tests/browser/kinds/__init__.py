"""Kinds with pictures: each solved in the page by mouse, finger, keys and taps."""
