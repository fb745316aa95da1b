"""What must be set before anything can be sent over the wire. Loads nothing of the carrier's client."""

from __future__ import annotations

from settings import Settings, SettingsError


def check_settings(settings: Settings) -> None:
    """SettingsError where something is missing without which nothing can be sent or answered."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        raise SettingsError("SVAR_GATEWAY=twilio needs SVAR_TWILIO_ACCOUNT_SID and _AUTH_TOKEN")
    if not (settings.twilio_from or settings.twilio_messaging_service_sid):
        raise SettingsError("SVAR_GATEWAY=twilio needs SVAR_TWILIO_FROM or SVAR_TWILIO_MESSAGING_SERVICE_SID")
    if settings.twilio_base_url and not settings.twilio_base_url.startswith(("http://", "https://")):
        raise SettingsError(
            f"SVAR_TWILIO_BASE_URL={settings.twilio_base_url} is no address: it begins with http:// or https://"
        )
    if any(c.isalpha() for c in settings.twilio_from) and not settings.sms_link:
        raise SettingsError(
            f"SVAR_TWILIO_FROM={settings.twilio_from} cannot be answered:"
            " use a number, or let the SMS carry a link with SVAR_SMS_LINK=true"
        )
