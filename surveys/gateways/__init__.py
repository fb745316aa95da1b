"""The carriers: the built-in phones, and Twilio."""

from __future__ import annotations

from settings import Settings
from store import Store
from surveys.gateways.base import Gateway


def make_gateway(settings: Settings, store: Store, *, apart: bool = False) -> Gateway:
    """The gateway that the settings name; ``apart`` lets posts over the wire have a process of their own."""
    if settings.gateway == "twilio":
        from surveys.gateways.twilio import TwilioGateway

        return TwilioGateway(settings, apart=apart)
    from surveys.gateways.phone import PhoneGateway

    return PhoneGateway(store)


__all__ = ["Gateway", "make_gateway"]
