"""`load(path, env) -> Config`, or `ConfigError` with every fault and its place.

Theory of operation: `document` copies YAML into `nodes` that know their place and keep every scalar
as text; `include` joins files; `shape` has pydantic read the `models` and turns its errors into
`faults`; `load`, `sites`, `routes` and `rungs` compile to `settings` and check what takes more than
one key to see. Nothing here reads a clock, the network or chance; files are only read.
"""

from gateway.config.faults import ConfigError, Fault
from gateway.config.load import load
from gateway.config.settings import Config

__all__ = [
    "Config",
    "ConfigError",
    "Fault",
    "load",
]
