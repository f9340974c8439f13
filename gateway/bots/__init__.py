"""Good bots pass by proof only: address ranges, signatures, forward-confirmed names."""

from gateway.bots.known import KNOWN
from gateway.bots.names import ConfirmedNames
from gateway.bots.proving import Bot, GoodBots
from gateway.bots.signatures import SignedBots, thumbprint

__all__ = [
    "KNOWN",
    "Bot",
    "ConfirmedNames",
    "GoodBots",
    "SignedBots",
    "thumbprint",
]
