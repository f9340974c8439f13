"""Drivers: every class of visitor against the default policy, with the right answer given to all.

    python -m tests.drivers [DRIVER…] [--visits N] [--json FILE] [--way accessible] [--seed S]

The demo's legacy app runs behind a real gate whose `register` route is what `gateway init` writes.
Each driver registers N times, each time as a fresh visitor from an address of its own; an oracle
with the gate's keys tells it the right answer, so that behaviour, device, work and limits are what
is tested. What was delivered is what the app counted. Printed per visit: outcome, risk and signals
of the gate's own records, CPU seconds and hashes; then a table.

Drivers: `naive`, `ghost`, `ghost_bare`, `patched`, `patched_ghost`, `replayer`, `keyboard`, `http`,
`http_ported`, `people`; each file says what its driver does and does not do. `python -m
tests.drivers.cost` says what a day's requests cost each; measured.json is what the README tells.
Those that need programs of others install them first, pinned, in tests/.work/drivers, and say so.
Paths of people come from the folder that `GATEWAY_PATHS` names (see `recordings`).
"""
