"""What free tools and purpose-made solvers reach against every drawn kind of challenge.

Nothing of a running gate imports this room: it needs the extra `bench` (OpenCV, scikit-learn), and
`gateway bench kinds` is its only door. `attack` holds the words, `attacks/<kind>.py` one suite per
kind, the other files are the parts that attackers are built of, and `kinds` runs them and counts.
"""
