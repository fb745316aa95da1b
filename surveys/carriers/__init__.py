"""The carriers: the built-in phones, and Twilio."""

from __future__ import annotations

from datetime import datetime

from settings import Settings
from store import Store
from surveys.carriers.base import Gateway, Listed


def make_gateway(settings: Settings, store: Store, *, apart: bool = False) -> Gateway:
    """The gateway that the settings name; ``apart`` lets posts over the wire have a process of their own."""
    if settings.gateway == "twilio" and apart:
        from surveys.carriers.apart import ProcessLink
        from surveys.carriers.needed import check_settings
        from surveys.carriers.posting import PostingGateway

        check_settings(settings)
        return PostingGateway(settings, ProcessLink(settings))
    if settings.gateway == "twilio":
        from surveys.carriers.twilio import TwilioGateway

        return TwilioGateway(settings)
    from surveys.carriers.phone import PhoneGateway

    return PhoneGateway(store)


def list_messages(settings: Settings, since: datetime) -> list[Listed]:
    """What the carrier lists since a moment, both ways. The built-in phones have told everything already."""
    if settings.gateway != "twilio":
        return []
    from surveys.carriers.twilio import list_messages as listed

    return listed(settings, since)


__all__ = ["Gateway", "list_messages", "make_gateway"]
