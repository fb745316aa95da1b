"""The carriers: the built-in phones, and Twilio."""

from __future__ import annotations

from settings import Settings
from store import Store
from surveys.gateways.base import Gateway


def make_gateway(settings: Settings, store: Store) -> Gateway:
    """The gateway that the settings name."""
    if settings.gateway == "twilio":
        from surveys.gateways.twilio import TwilioGateway

        return TwilioGateway(settings)
    from surveys.gateways.phone import PhoneGateway

    return PhoneGateway(store)


__all__ = ["Gateway", "make_gateway"]
