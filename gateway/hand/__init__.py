"""The hand: how much a pointer's path looks like a script's, from 0 to 1 (1 = script).

`paths` reads trajectories, `features` measures them, `model` scores them with the weights shipped
beside it, `sketch` knows a path again. `lab` makes the weights; nothing outside it needs it.
"""
