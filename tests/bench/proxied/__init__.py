"""The parts of tests/bench/proxy.py: what runs, what drives it, and its rows."""
