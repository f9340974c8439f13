"""Questions made ahead, so that nobody waits for a picture and no picture is made for nobody.

Theory of operation. What can be asked is known from the configuration: one *shelf* for each kind
with its parameters (`shelves`). *Makers* (`makers`, `child`) are processes of their own at low
priority that draw one question after the other for the shelf that has least. `stock` hands them
out: each once, and while a shelf is low to no address prefix more than its share. Who finds a
shelf empty waits shortly for the next question; what is missed then is not an error but `Missed`,
and costs the visitor more work in place of the picture.

Each worker of the gate has its own stock and makers, and its part of what all may hold in memory.
A reload starts new workers, and so a new stock with the look of the new configuration.

This file imports nothing: the makers' processes carry no more than they need.
"""
