"""Good bots pass by proof only: address ranges, signatures, forward-confirmed names."""

from gateway.bots.known import KNOWN, KnownBot
from gateway.bots.names import ConfirmedNames
from gateway.bots.proving import Bot, GoodBots
from gateway.bots.signatures import SignedBots, read_jwks, thumbprint

__all__ = [
    "KNOWN",
    "Bot",
    "ConfirmedNames",
    "GoodBots",
    "KnownBot",
    "SignedBots",
    "read_jwks",
    "thumbprint",
]
