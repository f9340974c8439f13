"""One suite of attacks per drawn kind: `attacks/<kind>.py` exports `SUITE`.

A suite holds attackers, the naive twin that shows that they can solve what peers draw today, and
what a learning attacker looks at. Be honest here: write the strongest attacker you can.
"""
