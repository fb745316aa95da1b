"""The reason codes of decisions in words. The codes are for machines; wording may change, codes do not."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "new": "It has come in and is not decided yet.",
    "asked": "The customer was asked.",
    "asked_by_source": "The source asks its customers itself.",
    "not_answered": "Nobody answered the contact, so there is nothing to rate.",
    "closed_automatically": "The contact was closed automatically.",
    "no_number": "No phone number came with the contact.",
    "invalid_number": "What came as a phone number is none.",
    "not_mobile": "The phone number cannot receive SMS.",
    "test_number": "It is one of our own test numbers.",
    "opted_out": "The number has said stop.",
    "unreachable": "The carrier has lately said that the number cannot be reached, for good.",
    "too_short": "The contact was handled in less time than the minimum.",
    "too_old": "The contact reached us too long after it ended.",
    "sampled_out": "The contact is not in the sample of its partner and channel.",
    "not_ended": "The contact has not ended yet.",
    "quiet_hours": "It is too late or too early in the day to send an SMS.",
    "given_up": "It could not be sent in time after the contact ended.",
    "recently_asked": "The number was asked less than 24 hours before.",
    "capped": "A cap on surveys, messages or cost was reached.",
    "sending_off": "It would have been asked, but sending is off.",
    "not_sent": "The carrier did not take the message.",
    "fault": "It could not be decided for a fault of ours; it is tried again.",
    "forgotten": "The person was forgotten on request.",
}


def in_words(reason: str) -> str:
    """A reason code as a sentence."""
    return REASONS.get(reason, reason)
